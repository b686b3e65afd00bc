import assert from "node:assert/strict";
import { join } from "node:path";
import { fixture } from "../../fixtures/fixture.ts";
import { HUB_TOKEN, type HubFile, startTestHub } from "../../testing/hub.ts";
import { run, withRun } from "../../testing/program.ts";
import { withTinyModel } from "../../testing/tiny_model.ts";
import { UsageError } from "../command.ts";
import { parseConvertOptions } from "./parse.ts";

const parse = (...args: string[]) => parseConvertOptions(args, {});

Deno.test("parseConvertOptions takes the format from the output's name", () => {
  assert.equal(parse("in", "out").to, "hugging-face");
  assert.equal(parse("in", "out.GGUF").to, "gguf");
  assert.equal(parse("in", "out.bin").to, "llama2.c");
  assert.equal(parse("in", "out.bin", "--to", "gguf").to, "gguf");
  assert.equal(parse("in", "out", "--shard-size", "1.5GB").shardSize, 1_500_000_000);
  assert.equal(parse("in", "out").shardSize, 5_000_000_000);
});

Deno.test("parseConvertOptions refuses what would change nothing or is not offered", () => {
  const cases: [string[], RegExp][] = [
    [["in", "out", "--dtype", "q8_0"], /--dtype q8_0 is none of hugging-face, want f32, f16, bf16/],
    [["in", "--dtype", "f16"], /--dtype is for an OUTPUT/],
    [["in", "--shard-size", "5GB"], /--shard-size is for an OUTPUT/],
    [["in", "--average", "b"], /--average is for an OUTPUT/],
    [["in", "out", "--weights", "1,2"], /--weights has 2 numbers, want 1/],
    [["out.gguf.tmp", "out.gguf"], /cannot be read/],
    [["in", "out", "--json"], /--json is for no OUTPUT/],
    [["in", "out", "--shard-size", "5"], /Want a size from 1KB on/],
    [["in", "out", "--to", "onnx"], /Allowed choices are hugging-face, gguf/],
    [[], /missing required argument 'INPUT'/],
    [["", "out"], /may not be empty/],
  ];
  for (const [args, message] of cases) {
    assert.throws(
      () => parse(...args),
      (error) => error instanceof UsageError && message.test(error.message),
      args.join(" "),
    );
  }
});

Deno.test("covey convert describes a model, and writes it in other formats", async () => {
  await withTinyModel(async (directory) => {
    const described = await run(["convert", directory]);
    assert.equal(described.code, 0, described.error);
    assert.match(described.out, /model +llama of 131k parameters/);
    const json = JSON.parse((await run(["convert", directory, "--json"])).out);
    assert.deepEqual([json.parameters, json.tensors.length], [130_880, 21]);
    const gguf = join(directory, "model.gguf");
    const written = await run(["convert", directory, gguf, "--dtype", "q8_0"]);
    assert.equal(written.code, 0, written.error);
    assert.match(written.error, /^note {4}rounded: largest error .* relative error/m);
    assert.match(written.out, /^wrote {3}.*model\.gguf/);
    const back = await run(["convert", gguf, join(directory, "back"), "--quiet"]);
    assert.match(back.error, /Q8_0 is read as F32/);
    const cases: [string[], number, RegExp][] = [
      [[directory, directory], 2, /it is the directory that is read\nhint: choose another OUTPUT/],
      [[join(directory, "none")], 2, /there is no such file or directory/],
      [[join(directory, "tokenizer.json")], 2, /it is none of a Hugging Face directory/],
      [[directory, join(directory, "none/x.gguf")], 2, /there is no directory/],
    ];
    for (const [args, code, message] of cases) {
      const refused = await run(["convert", ...args]);
      assert.equal(refused.code, code, refused.error);
      assert.match(refused.error, message);
    }
    await Deno.truncate(gguf, 5000);
    const cut = await run(["convert", gguf]);
    assert.equal(cut.code, 6, cut.error);
    assert.match(cut.error, /model\.gguf/);
  });
});

Deno.test("a trained model is converted to GGUF and back, and scores the same", async () => {
  await withRun(async ({ directory, out, train }) => {
    const trained = await run(train("--peers", "2", "--windows", "1", "--quiet"));
    assert.equal(trained.code, 0, trained.error);
    const [gguf, back] = ["model.gguf", "back"].map((name) => join(directory, name));
    for (const [from, to] of [[out, gguf], [gguf, back]]) {
      const converted = await run(["convert", from, to, "--quiet"]);
      assert.equal(converted.code, 0, converted.error);
    }
    const text = join(directory, "text.txt");
    const scores = await Promise.all([out, back].map(async (model) => {
      const found = await run(["eval", model, "--text", text, "--json", "--quiet", "--no-cache"]);
      assert.equal(found.code, 0, found.error);
      return JSON.parse(found.out).results;
    }));
    assert.deepEqual(scores[1], scores[0]);
  });
});

Deno.test("covey convert fetches a model from the hub, with its revision", async () => {
  await withTinyModel(async (directory) => {
    const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];
    const files = await Promise.all(names.map(async (name): Promise<[string, HubFile]> => [
      name,
      { content: await Deno.readFile(join(directory, name)), large: name.endsWith("tensors") },
    ]));
    await using hub = startTestHub({ "models/private/tiny@v1": Object.fromEntries(files) });
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN: HUB_TOKEN,
      HF_HOME: join(directory, "home"),
    };
    const gguf = join(directory, "out.gguf");
    const args = ["convert", "private/tiny", gguf, "--revision", "v1", "--name", "tiny_llama"];
    const fetched = await run(args, env);
    assert.equal(fetched.code, 0, fetched.error);
    const wanted = await Deno.readFile(fixture("gguf/tiny_llama.f32.gguf"));
    assert.deepEqual(await Deno.readFile(gguf), wanted);
    const requests = hub.requests.length;
    const offline = await run(args, { ...env, HF_HUB_OFFLINE: "1" });
    assert.equal(offline.code, 0, offline.error);
    assert.equal(hub.requests.length, requests);
    const missing = await run(["convert", "private/none"], env);
    assert.equal(missing.code, 2, missing.error);
  });
});
