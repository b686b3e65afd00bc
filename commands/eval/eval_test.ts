import assert from "node:assert/strict";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { HUB_TOKEN, type HubFile, startTestHub } from "../../testing/hub.ts";
import { covey, run, withRun } from "../../testing/program.ts";

const DOCUMENTS = fixture("harness/documents");
const CPU = ["--device", "cpu", "--threads", "1"];

interface Scratch {
  /** Directory that is removed at the end. */
  readonly directory: string;
  /** Directory of a model with 300 tokens: LLaMA weights, a tokenizer. */
  readonly model: string;
  /** Runs `covey eval`; caches are in the directory. */
  readonly evaluate: (args: string[], env?: Record<string, string>) => ReturnType<typeof run>;
  /** Environment of its processes. */
  readonly env: Record<string, string>;
}

async function withScratch(body: (scratch: Scratch) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "covey-eval-" });
  const model = join(directory, "model");
  const env = {
    HOME: directory,
    XDG_CACHE_HOME: join(directory, "cache"),
    HF_ENDPOINT: "http://127.0.0.1:9",
    ORT_DISABLE_TELEMETRY: "0", // overridden by covey
  };
  try {
    await Deno.mkdir(model);
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      await Deno.copyFile(fixture(`harness/model_bos/${name}`), join(model, name));
    }
    await Deno.copyFile(
      fixture("tiny_llama/model.f32.safetensors"),
      join(model, "model.safetensors"),
    );
    const evaluate = (args: string[], more: Record<string, string> = {}) =>
      run(["eval", ...args, ...CPU], { ...env, ...more });
    await body({ directory, model, evaluate, env });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Reads the sample files of an output directory, by task. */
async function samplesIn(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const folder of Deno.readDir(directory)) {
    for await (const { name } of Deno.readDir(join(directory, folder.name))) {
      const task = name.match(/^samples_(.*)_\d{4}-/)?.[1];
      if (task) found[task] = await Deno.readTextFile(join(directory, folder.name, name));
    }
  }
  return found;
}

Deno.test("covey eval scores the checkpoint of covey train without options", async () => {
  await withRun(async ({ directory, out, train }) => {
    const trained = await run(train("--quiet"));
    assert.equal(trained.code, 0, trained.error);
    const env = { HOME: directory, XDG_CACHE_HOME: join(directory, "cache") };
    const scored = await run(["eval", out, "--json"], env);
    assert.equal(scored.code, 0, scored.error);
    const { results } = JSON.parse(scored.out);
    const events = (await Deno.readTextFile(join(out, "events.jsonl"))).trim().split("\n")
      .map((line) => JSON.parse(line));
    const last = events.findLast((each) => each.event === "held-out-loss");
    assert.ok(Math.abs(results.held_out["loss,none"] - last.loss) < 1e-5);
    const text = join(directory, "text.txt");
    const page = await run(["eval", out, "--text", text, ...CPU], env);
    assert.match(page.out, /text\.txt.*\n.*byte_perplexity.*\n.*word_perplexity/);
  });
});

Deno.test("covey eval matches the harness's numbers, caches answers, and writes the harness's files", async () => {
  await withScratch(async ({ directory, evaluate, model }) => {
    const output = join(directory, "results");
    const args = [model, "--tasks", "arc_easy,winogrande", "--data-dir", DOCUMENTS];
    const first = await evaluate([...args, "--output_path", output, "--log_samples"]);
    assert.equal(first.code, 0, first.error);
    assert.match(first.error, /plan {4}\d+ of \d+ texts to score/);
    const caches = [...Deno.readDirSync(join(directory, "cache"))].map(({ name }) => name)
      .filter((name) => name !== "deno");
    assert.deepEqual(caches, ["covey"], "the runtime stores no telemetry");
    const recorded = JSON.parse(await Deno.readTextFile(fixture("harness/hflm.json")));
    const samples = await samplesIn(output);
    for (const task of ["arc_easy", "winogrande"]) {
      const lines = samples[task].trim().split("\n").map((line) => JSON.parse(line));
      lines.forEach(({ resps }, i) =>
        resps.forEach(([[sum, greedy]]: [[string, string]], j: number) => {
          const [wanted, wantedGreedy] = recorded[`bos/${task}@0`][i][j];
          assert.ok(Math.abs(Number(sum) - wanted) < 1e-4);
          assert.equal(greedy, wantedGreedy ? "True" : "False");
        })
      );
    }
    const second = await evaluate([...args, "--json"]);
    assert.doesNotMatch(second.error, /plan/, "nothing is recomputed");
    const { "n-shot": shots, results } = JSON.parse(second.out);
    assert.equal(shots.arc_easy, 0);
    assert.match(first.out, new RegExp(results.winogrande["acc,none"].toFixed(4)));
    const streamed = await evaluate([
      ...args,
      "--json",
      "--no-cache",
      "--blocks",
      "1",
      "--no-pack",
    ]);
    assert.match(streamed.error, /1 of 2 blocks at a time/);
    assert.deepEqual(JSON.parse(streamed.out).results, results);
  });
});

Deno.test("covey eval formats questions as chat turns like the harness", async () => {
  const chat = JSON.parse(await Deno.readTextFile(fixture("harness/chat.json")));
  await withScratch(async ({ directory, evaluate, model }) => {
    const args = (task: string) => [model, "--tasks", task, "--data-dir", DOCUMENTS];
    const none = await evaluate([...args("arc_easy"), "--apply_chat_template"]);
    assert.equal(none.code, 2);
    assert.match(none.error, /Cannot use the chat template "default": the model has none/);
    for (const [key, recorded] of Object.entries(chat.runs as Record<string, unknown[][]>)) {
      const [, template, task, shots, turns] = key.match(/^(\w+)\/(\w+)@(\d)\+(\w+)$/)!;
      await Deno.writeTextFile(join(model, "chat_template.jinja"), chat.templates[template]);
      const output = join(directory, template);
      const { code, error } = await evaluate([
        ...args(task),
        ...["--limit", "6", "--num-fewshot", shots, "--apply-chat-template"],
        ...["--fewshot_as_multiturn", ...(turns === "multi" ? [] : ["false"])],
        ...["--output-path", output],
      ]);
      assert.equal(code, 0, error);
      assert.equal(/takes no system turn/.test(error), template === "refuses");
      const lines = (await samplesIn(output))[task].trim().split("\n");
      assert.equal(lines.length, recorded.length);
      lines.map((line) => JSON.parse(line)).forEach(({ resps }, i) =>
        resps.forEach(([[sum]]: [[string]], j: number) => {
          const [wanted] = recorded[i][j] as [number];
          assert.ok(Math.abs(Number(sum) - wanted) < 1e-4, `${key} ${i} ${j}: ${sum}, ${wanted}`);
        })
      );
    }
    const named = await evaluate([...args("arc_easy"), "--apply_chat_template=tool_use"]);
    assert.match(named.error, /the chat template "tool_use": the model has default/);
    const useless = await evaluate([...args("arc_easy"), "--fewshot-as-multiturn", "yes"]);
    assert.match(useless.error, /--fewshot-as-multiturn requires --apply-chat-template/);
  });
});

Deno.test("covey eval accepts a command line of the harness, and scores selected documents", async () => {
  await withScratch(async ({ directory, evaluate, model }) => {
    const tokenizer = join(directory, "tokens");
    await Deno.mkdir(tokenizer);
    await Deno.rename(join(model, "tokenizer.json"), join(tokenizer, "tokenizer.json"));
    const { code, error } = await evaluate([
      ...["--model", "hf", "--model_args", `pretrained=${model},dtype=float32`],
      `tokenizer=${tokenizer}`,
      ...["--tasks", "arc_easy", "gsm8k", "--data-dir", DOCUMENTS, "--batch_size", "auto"],
      ...["--samples", '{"arc_easy":[9,2],"gsm8k":[1]}', "--num_fewshot", "0"],
      ...[
        "--gen_kwargs",
        "max_gen_toks=5,do_sample=False",
        "--output_path",
        join(directory, "out"),
      ],
    ]);
    assert.equal(code, 0, error);
    const samples = await samplesIn(join(directory, "out"));
    const lines = (task: string) =>
      samples[task].trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines("arc_easy").map(({ doc_id }) => doc_id), [2, 9]);
    assert.deepEqual(lines("gsm8k").map(({ doc_id }) => doc_id), [1, 1]);
    assert.equal(lines("gsm8k")[0].arguments.gen_args_0.arg_1.max_gen_toks, 5);
    const args = [
      "--model_args",
      `pretrained=${model},tokenizer=${tokenizer}`,
      "--tasks",
      "arc_easy",
    ];
    const unknown = await evaluate([...args, "--data-dir", DOCUMENTS, "--samples", '{"arc":[1]}']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.error, /--samples names arc, want one of arc_easy/);
    // A directory has its own settings; the model's do not apply to a file from elsewhere.
    const settings = JSON.stringify({ additional_special_tokens: ["Question"] });
    const few = ["--tasks", "arc_easy", "--data-dir", DOCUMENTS, "--limit", "2"];
    await Deno.writeTextFile(join(model, "tokenizer_config.json"), settings);
    const file = await evaluate([model, ...few, "--tokenizer", join(tokenizer, "tokenizer.json")]);
    assert.equal(file.code, 0, file.error);
    await Deno.writeTextFile(join(tokenizer, "tokenizer_config.json"), settings);
    const own = await evaluate([model, ...few, "--tokenizer", tokenizer]);
    assert.match(own.error, /token 300 \("Question"\) is not in the model's vocabulary of 300/);
  });
});

Deno.test("covey eval killed at any time and rerun writes the same bytes", async () => {
  await withScratch(async ({ directory, env, evaluate, model }) => {
    const args = [
      "--tasks",
      "arc_easy,hellaswag",
      "--data-dir",
      DOCUMENTS,
      "--batch-tokens",
      "256",
    ];
    const whole = join(directory, "whole");
    await evaluate([model, ...args, "--output-path", whole], {
      XDG_CACHE_HOME: join(directory, "c1"),
    });
    for (const word of ["model", "tasks", "plan"]) {
      const child = covey(["eval", model, ...args, ...CPU], env).spawn();
      let seen = "";
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        seen += text;
        if (seen.includes(word)) break;
      }
      child.kill("SIGKILL");
      await Promise.all([child.status, child.stdout.cancel()]);
    }
    const again = join(directory, "again");
    const { code, error } = await evaluate([model, ...args, "--output-path", again]);
    assert.equal(code, 0, error);
    assert.deepEqual(await samplesIn(again), await samplesIn(whole));
  });
});

Deno.test("covey eval fetches models and documents from the hub, and works offline afterwards", async () => {
  await withScratch(async ({ directory, evaluate, model }) => {
    const file = async (path: string, large = false): Promise<HubFile> => ({
      content: await Deno.readFile(path),
      large,
    });
    await using hub = startTestHub({
      "models/private/tiny@v1": {
        "config.json": await file(join(model, "config.json")),
        "tokenizer.json": await file(join(model, "tokenizer.json")),
        "tokenizer_config.json": await file(join(model, "tokenizer_config.json")),
        "model.safetensors": await file(join(model, "model.safetensors"), true),
      },
      "datasets/allenai/ai2_arc@refs/convert/parquet": {
        "ARC-Easy/test/0000.parquet": await file(fixture("harness/arc_easy_test.parquet"), true),
        "ARC-Easy/train/0000.parquet": await file(fixture("harness/arc_easy_test.parquet"), true),
      },
    });
    const env = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: HUB_TOKEN };
    const args = ["private/tiny", "--revision", "v1", "--tasks", "arc_easy", "--json"];
    const online = await evaluate(args, env);
    assert.equal(online.code, 0, online.error);
    const local = await evaluate([model, "--tasks", "arc_easy", "--json", "--data-dir", DOCUMENTS]);
    assert.deepEqual(JSON.parse(online.out).results, JSON.parse(local.out).results);
    assert.deepEqual(JSON.parse(online.out).task_hashes, JSON.parse(local.out).task_hashes);
    const requests = hub.requests.length;
    const offline = await evaluate([...args, "--offline", "--no-cache"], env);
    assert.equal(offline.code, 0, offline.error);
    assert.equal(hub.requests.length, requests);
    const kept = join(directory, "kept");
    assert.equal((await evaluate(["--tasks", "arc_easy", "--prefetch", kept], env)).code, 0);
    const again = await evaluate([model, "--tasks", "arc_easy", "--json", "--data-dir", kept]);
    assert.deepEqual(JSON.parse(again.out).results, JSON.parse(local.out).results);
    const denied = await evaluate(["private/other"], { HF_ENDPOINT: hub.endpoint });
    assert.equal(denied.code, 4);
    assert.match(denied.error, /hint: accept its terms/);
  });
});

Deno.test("covey eval evaluates a user-defined task", async () => {
  await withScratch(async ({ directory, evaluate, model }) => {
    const tasks = join(directory, "tasks");
    await Deno.mkdir(tasks);
    await Deno.writeTextFile(
      join(tasks, "own.yaml"),
      [
        "task: own",
        "dataset_path: json",
        "dataset_kwargs: {data_files: {test: own.jsonl}}",
        "output_type: multiple_choice",
        "test_split: test",
        'doc_to_text: "Question: {{question | trim}}\\nAnswer:"',
        "doc_to_target: answer",
        'doc_to_choice: "{{[yes, no]}}"',
        "metric_list: [{metric: acc}]",
      ].join("\n"),
    );
    const rows = [{ question: " is it? ", yes: "y", no: "n", answer: 1 }, {
      question: "so?",
      yes: "y",
      no: "n",
      answer: "y",
    }];
    await Deno.writeTextFile(
      join(tasks, "own.jsonl"),
      rows.map((row) => JSON.stringify(row)).join("\n"),
    );
    const output = join(directory, "results");
    const scored = await evaluate([
      model,
      "--tasks",
      "own",
      "--include_path",
      tasks,
      "--output-path",
      output,
    ]);
    assert.equal(scored.code, 0, scored.error);
    const [first] = (await samplesIn(output)).own.split("\n").map((line) =>
      line && JSON.parse(line)
    );
    assert.deepEqual(first.arguments.gen_args_1, {
      arg_0: "Question: is it?\nAnswer:",
      arg_1: " n",
    });
    await Deno.writeTextFile(join(tasks, "bad.yaml"), "task: bad\ndataset_path: x\n");
    const again = await evaluate([model, "--tasks", "own", "--include", tasks]);
    assert.equal(again.code, 0, "other files of the folder are ignored");
    const refused = await evaluate([model, "--tasks", "bad", "--include", tasks]);
    assert.equal(refused.code, 2);
    assert.match(
      refused.error,
      /Cannot read task .*bad\.yaml: test_split and validation_split are missing|doc_to_text is missing/,
    );
  });
});

Deno.test("covey eval reports what is wrong with a model, and what is wanted", async () => {
  await withScratch(async ({ evaluate, model }) => {
    const weights = join(model, "model.safetensors");
    const bytes = await Deno.readFile(weights);
    const config = JSON.parse(await Deno.readTextFile(join(model, "config.json")));
    const withConfig = (change: Record<string, unknown>) =>
      Deno.writeTextFile(join(model, "config.json"), JSON.stringify({ ...config, ...change }));
    const cases: [change: () => Promise<void>, code: number, message: RegExp][] = [
      [() => Deno.truncate(weights, 5000), 6, /model\.safetensors/],
      [
        () => Deno.writeFile(weights, bytes.map((b, i) => i === 3 ? 255 : b)),
        6,
        /header length is \d+, want/,
      ],
      [() => withConfig({ num_hidden_layers: 3 }), 6, /"model\.layers\.2\.[\w.]+" is missing/],
      [() => withConfig({ vocab_size: 280 }), 6, /has shape \[300,64\], want \[280,64\]/],
      [() => withConfig({ model_type: "deepseek_v3" }), 2, /model_type is "deepseek_v3", want/],
      [() => withConfig({ rope_scaling: { type: "longrope" } }), 2, /longrope has no short_factor/],
      [
        () => Deno.writeFile(weights, bytes.map((b, i) => i >= bytes.length - 4 ? 255 : b)),
        6,
        /model\.safetensors: tensor "[\w.]+" holds NaN, want finite numbers/,
      ],
      [
        () => Deno.writeTextFile(join(model, "tokenizer.json"), "{}"),
        6,
        /Cannot read tokenizer\.json: .*model\/tokenizer\.json/,
      ],
      [() => Deno.remove(join(model, "tokenizer.json")), 2, /hint: give --tokenizer FILE/],
    ];
    const tokenizer = await Deno.readTextFile(join(model, "tokenizer.json"));
    for (const [change, code, message] of cases) {
      await change();
      const told = await evaluate([
        model,
        "--tasks",
        "arc_easy",
        "--data-dir",
        DOCUMENTS,
        "--limit",
        "2",
      ]);
      assert.match(told.error, message);
      assert.equal(told.code, code, told.error);
      assert.doesNotMatch(told.error, /this is a bug/);
      await Deno.writeFile(weights, bytes);
      await withConfig({});
      await Deno.writeTextFile(join(model, "tokenizer.json"), tokenizer);
    }
  });
});

Deno.test("covey eval keeps the results of other tasks, and reports failures with exit code 3", async () => {
  await withScratch(async ({ directory, evaluate, model }) => {
    const data = join(directory, "data");
    await Deno.mkdir(join(data, "piqa"), { recursive: true });
    await Deno.mkdir(join(data, "sciq"));
    await Deno.mkdir(join(data, "boolq"));
    await Deno.writeTextFile(
      join(data, "piqa/validation.jsonl"),
      '{"goal":"g","sol1":"a","sol2":"b","label":0}\n',
    );
    await Deno.writeTextFile(join(data, "sciq/test.jsonl"), '{"support":"s"}\n');
    const long = JSON.stringify({ passage: "p", question: "q", label: 1 });
    await Deno.writeTextFile(join(data, "boolq/validation.jsonl"), `${long}\n{"passage": \n`);
    const { code, error, out } = await evaluate(
      [model, "--tasks", "piqa,sciq,boolq,openbookqa", "--data-dir", data, "--quiet", "--json"],
    );
    assert.equal(code, 3, error);
    assert.deepEqual(Object.keys(JSON.parse(out).results), ["piqa"]);
    assert.deepEqual(Object.keys(JSON.parse(out).failed).sort(), ["boolq", "openbookqa", "sciq"]);
    assert.match(
      error,
      /failed {2}sciq: Cannot ask document 0 of sciq, split test: question is missing/,
    );
    assert.match(error, /failed {2}boolq: .*validation\.jsonl: line 2:/);
    assert.match(error, /failed {2}openbookqa: .*there is no .*test\.parquet/);
  });
});

Deno.test("covey eval rejects invalid arguments before anything else", async () => {
  await withScratch(async ({ evaluate, model }) => {
    const cases: [args: string[], message: RegExp][] = [
      [[model], /nothing to score .* on: want --tasks, --suite or --text/],
      [[model, "--tasks", "arc_esy"], /"arc_esy".*\nhint: did you mean arc_easy\?/s],
      [[model, "--task", "arc_easy"], /unknown option.*--task/],
      [[model, "--limit", "-1"], /Want a whole number, or a fraction below 1/],
      [[model, "--override", "rope_theta"], /Want KEY=VALUE/],
      [[model, "--tasks", "piqa", "--max-length", "4096"], /the model has 128 positions/],
      [["../nothing", "--tasks", "piqa"], /it has no config\.json/],
    ];
    for (const [args, message] of cases) {
      const told = await evaluate(args);
      assert.match(told.error, message);
      assert.equal(told.code, 2, told.error);
    }
    const list = await evaluate([model, "--tasks", "list"]);
    assert.match(list.out, /^hellaswag +Rowan\/hellaswag$/m);
  });
});
