// End-to-end tests: the program in a separate process, run through its command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { SMALL_CONFIG } from "../../fixtures/small_config.ts";
import { readModelDirectory } from "../../lib/checkpoint/model_directory.ts";
import { parseNpy } from "../../lib/corpus/npy.ts";
import { swiftShaderEnvironment, swiftShaderIsThere } from "../../testing/engine.ts";
import { covey, run, SMALL, withRun } from "../../testing/program.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { readEvents } from "../../lib/swarm/event_log.ts";
import type { SwarmEvent } from "../../lib/swarm/swarm_event.ts";

function digestsByWindow(events: SwarmEvent[]): Map<number, Set<string>> {
  const digests = new Map<number, Set<string>>();
  for (const event of events) {
    if (event.event !== "digest") continue;
    digests.set(event.window, (digests.get(event.window) ?? new Set()).add(event.digest));
  }
  return digests;
}

async function finalDigest(out: string): Promise<string> {
  return JSON.parse(await Deno.readTextFile(join(out, "checkpoint/run.json"))).digest;
}

Deno.test("covey train writes a run, a checkpoint and a report, and resumes", async () => {
  await withRun(async ({ out, train }) => {
    const first = await run(train());
    assert.equal(first.code, 0, first.error);
    assert.match(first.out, /the same on all 4 peers in 3 of 3 windows/);
    assert.equal(
      first.error.match(/^window \d\/3 .* accepted 4\/4 .* \(5\/5 nodes agree\)$/gm)?.length,
      3,
    );
    const digests = digestsByWindow(readEvents(join(out, "events.jsonl")));
    assert.deepEqual([...digests.values()].map(({ size }) => size), [1, 1, 1]);
    const { config, tokenizerJson } = await readModelDirectory(join(out, "checkpoint"));
    assert.equal(config.hiddenSize, 32);
    assert.ok(tokenizerJson!.includes("<|endoftext|>"));
    assert.match(await Deno.readTextFile(join(out, "report.html")), /<\/html>/);
    const digest = await finalDigest(out);
    const again = await run(train());
    assert.equal(again.code, 0, again.error);
    assert.equal(await finalDigest(out), digest);
    const shard = parseNpy(await Deno.readFile(join(out, "tokens.npy")));
    assert.deepEqual([shard.length, shard[0], shard.at(-1)], [45 * 60 + 1, 116, 256]);
    const machine = join(out, "machine.json");
    const begun = JSON.parse(await Deno.readTextFile(machine));
    assert.deepEqual(begun, {
      peers: 4,
      adversaries: [],
      microBatch: 2,
      stepShape: "whole",
      device: "cpu",
      threads: 1,
    });
    // The settings that the run was started with apply, not those that would be chosen now.
    await Deno.writeTextFile(
      machine,
      JSON.stringify({ ...begun, microBatch: 1, stepShape: "blocks" }),
    );
    const more = await run(train("--windows", "4"));
    assert.equal(more.code, 0, more.error);
    assert.match(more.error, /^resuming at window 4\nwindow 3\/4.*\nwindow 4\/4/m);
    const started = readEvents(join(out, "events.jsonl")).filter(({ event }) =>
      event === "started"
    );
    assert.deepEqual(
      started.map((event) => event.event === "started" && event.stepShape),
      ["whole", "whole", "blocks"],
    );
  });
});

Deno.test("covey train ends with the same digest after being killed at any event and run again", async () => {
  let wanted = "";
  let lines = 0;
  await withRun(async ({ out, train }) => {
    lines = (await run(train("--json-lines", "--quiet"))).out.trim().split("\n").length;
    wanted = await finalDigest(out);
  });
  const random = new SeededRandom(21n);
  for (let trial = 0; trial < 5; trial++) {
    await withRun(async ({ out, train }) => {
      const kill = 1 + Math.floor(random.uniform() * (lines - 20));
      await killAfterLines(covey(train("--json-lines", "--quiet")), kill);
      const { code, error } = await run(train());
      assert.equal(code, 0, error);
      assert.equal(await finalDigest(out), wanted);
    });
  }
});

/** Reads `lines` lines of standard output, then kills the process with SIGKILL. */
async function killAfterLines(command: Deno.Command, lines: number): Promise<void> {
  await using child = command.spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let seen = 0; seen < lines;) {
    const { done, value } = await reader.read();
    if (done) break;
    seen += value.split("\n").length - 1;
  }
  child.kill("SIGKILL");
  await reader.cancel();
  await child.stderr.cancel();
  assert.equal((await child.status).signal, "SIGKILL");
}

Deno.test("covey train stops at Ctrl-C with exit code 130, and resumes from there", async () => {
  await withRun(async ({ out, train }) => {
    const args = train("--windows", "200", "--json-lines", "--quiet");
    await using child = covey(args).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; !text.includes('"window":2');) text += (await reader.read()).value ?? "";
    child.kill("SIGINT");
    while (!(await reader.read()).done);
    const error = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 130, error);
    assert.equal(error, "error: Interrupted\nhint: run the same command again to continue\n");
    assert.ok(readEvents(join(out, "events.jsonl")).some(({ event }) => event === "interrupted"));
    assert.match(await Deno.readTextFile(join(out, "report.html")), /<\/html>/);
    const { code } = await run(train("--windows", "4"));
    assert.equal(code, 0);
  });
});

Deno.test("covey train reports bad input in one line, with a hint and an exit code", async () => {
  await withRun(async ({ directory, out, train }) => {
    const write = async (name: string, content: string | Uint8Array) => {
      const path = join(directory, name);
      await Deno.writeFile(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      return path;
    };
    const heads = await write(
      "heads.json",
      JSON.stringify({ ...SMALL_CONFIG, num_key_value_heads: 3 }),
    );
    const empty = await write("empty.txt", "");
    const keys = await write("keys.yaml", "sparseloco: {topkk: 3}");
    const cases: [args: string[], code: number, message: RegExp][] = [
      [["train", "--peer", "3"], 2, /unknown option '--peer' \(Did you mean --peers\?\)/],
      [["trian"], 2, /unknown command "trian" \(Did you mean train\?\)/],
      [["train", empty, "--out", out], 2, /it is empty/],
      [["train", join(directory, "none.txt"), "--out", out], 2, /there is no such file/],
      [["train", "--model", heads, "--out", out], 2, /want a multiple of num_key_value_heads 3/],
      [["train", "--model", "tinny", "--out", out], 2, /hint: did you mean tiny\?/],
      [
        ["train", "--model", "covenant-72b", "--out", out],
        2,
        /Cannot train model of 68\.5B parameters/,
      ],
      [["train", "--run", keys, "--out", out], 2, /hint: did you mean "sparseloco.topk"\?/],
      [["train", "--sequence", "4096", "--out", out], 2, /the model has 2048 positions/],
      [train("--micro-batch", "3"), 2, /choose a --micro-batch that divides --batch/],
      [["train", "--from", directory, "--out", out], 6, /model\.safetensors is missing/],
    ];
    for (const [args, code, message] of cases) {
      const result = await run(args);
      assert.equal(result.code, code, `${args}: ${result.error}`);
      assert.match(result.error, message);
      assert.ok(result.error.split("\n").length <= 3, result.error);
      assert.equal(result.out, "");
    }
    await assert.rejects(() => Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("covey train refuses to resume a run with other settings, and keeps its files", async () => {
  await withRun(async ({ out, train }) => {
    assert.equal((await run(train())).code, 0);
    const before = await Deno.readTextFile(join(out, "run.yaml"));
    const other = await run(train("--inner-steps", "3"));
    assert.equal(other.code, 2);
    assert.match(other.error, /training.innerSteps is 2 in the run, asked for 3/);
    assert.equal(await Deno.readTextFile(join(out, "run.yaml")), before);
    await Deno.truncate(join(out, "peers/0/state-00000003.safetensors"), 1000);
    const damaged = await run(train("--windows", "4"));
    assert.equal(damaged.code, 6, damaged.error);
    assert.match(damaged.error, /state-00000003.safetensors/);
  });
});

Deno.test("covey starts from a checkpoint of another run", async () => {
  await withRun(async ({ directory, out, train }) => {
    assert.equal((await run(train())).code, 0);
    const next = join(directory, "next");
    const args = ["train", join(directory, "text.txt"), "--from", out, "--out", next, ...SMALL];
    const { code, error } = await run(args);
    assert.equal(code, 0, error);
    assert.equal((await readModelDirectory(join(next, "checkpoint"))).config.hiddenSize, 32);
  });
});

Deno.test("covey train on its default text falls clearly below the unigram baseline", async () => {
  await withRun(async ({ out }) => {
    const options = "--peers 2 --windows 5 --batch 4 --device cpu".split(" ");
    const { code, error } = await run(["train", ...options, "--out", out]);
    assert.equal(code, 0, error);
    const events = readEvents(join(out, "events.jsonl"));
    const [started] = events.flatMap((event) => event.event === "started" ? [event] : []);
    const losses = events.flatMap((event) => event.event === "held-out-loss" ? [event.loss] : []);
    assert.equal(losses.length, 5);
    const best = Math.min(...losses);
    assert.ok(best < started.unigramEntropy - 0.2, `${losses}, entropy ${started.unigramEntropy}`);
  });
});

Deno.test("covey prints help, version and permissions without doing anything", async (t) => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  await t.assertSnapshot(help.out);
  assert.equal((await run(["--version"])).out, "covey 0.1.0\n");
  assert.equal((await run([])).code, 2);
  const scope = await run(["train", "--out", "/tmp/covey-nowhere", "--explain-permissions"]);
  assert.equal(scope.code, 0);
  assert.match(scope.out, /write {2}\/tmp\/covey-nowhere\n {2}net {4}nothing/);
});

Deno.test({
  name: "covey train runs on webgpu, and its peers agree",
  ignore: !swiftShaderIsThere(),
  fn: async () => {
    await withRun(async ({ out, train }) => {
      const args = train("--windows", "1", "--peers", "2", "--device", "webgpu");
      const { code, error } = await run(args, swiftShaderEnvironment());
      assert.equal(code, 0, error);
      const events = readEvents(join(out, "events.jsonl"));
      const started = events.find((event) => event.event === "started");
      assert.equal(started?.event === "started" && started.device, "webgpu");
      assert.deepEqual([...digestsByWindow(events).values()].map(({ size }) => size), [1]);
    });
  },
});
