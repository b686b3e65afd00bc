import assert from "node:assert/strict";
import { fixture } from "../../../fixtures/fixture.ts";
import { locateModel } from "../../checkpoint/locate_model.ts";
import { deviceTests, testOnCpu } from "../../../testing/engine.ts";
import type { Engine } from "../../engine/engine.ts";
import { Scorer, type ScorerOptions } from "./scorer.ts";
import type { ScoringBatch } from "./scoring_batch.ts";
import { queryRowsMax } from "./scoring_graphs.ts";
import { PREPACKED_HEAD, prepackedWhole } from "./scoring_memory.ts";

const testOnDevices = deviceTests(import.meta.url);
const EXPECTED = JSON.parse(
  await Deno.readTextFile(fixture("tiny_llama/expected_logits.json")),
) as { ids: number[][]; logits_f32: number[][][]; logits_bf16: number[][][] };
const { config, tensors } = await locateModel(fixture("tiny_llama"));
const WHOLE: ScorerOptions = { config, tensors, ...prepackedWhole(config) };
/** Seven vocabulary tiles, the last one smaller. */
const TILES = { frugal: true, tileBytesMax: 11_000 };

/** Returns both expected texts in one row, scoring every token of the vocabulary at every index. */
function everything(): ScoringBatch {
  const [a, b] = EXPECTED.ids;
  const length = a.length + b.length;
  const numbers = (make: (place: number) => number) =>
    Int32Array.from({ length }, (_, i) => make(i));
  const asked = length * config.vocabSize;
  return {
    rows: 1,
    sequence: length,
    tokens: Int32Array.from([...a, ...b]),
    positions: numbers((place) => place % a.length),
    branches: numbers((place) => Math.floor(place / a.length)),
    trunks: numbers((place) => Math.floor(place / a.length)),
    places: Int32Array.from({ length: asked }, (_, i) => Math.floor(i / config.vocabSize)),
    targets: Int32Array.from({ length: asked }, (_, i) => i % config.vocabSize),
  };
}

async function scoreOnce(engine: Engine, options: ScorerOptions, batch: ScoringBatch) {
  const scorer = new Scorer(engine, options);
  try {
    return (await Array.fromAsync(scorer.score([batch], () => {})))[0];
  } finally {
    await scorer.close();
  }
}

/** Returns the log-probabilities of expected logits, in double precision. */
function logSoftmax(logits: number[]): number[] {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0)) + top;
  return logits.map((x) => x - total);
}

const FILES = [
  ["model.f32.safetensors", "logits_f32", 1e-4],
  ["model.bf16.safetensors", "logits_bf16", 1e-4],
  [undefined, "logits_f32", 1e-4],
] as const;

for (const [file, key, tolerance] of FILES) {
  const test = file ? testOnCpu : testOnDevices; // how tensors are read does not depend on the device
  test(
    `Scorer matches numpy's logits of ${file ?? "a model in two shards"}`,
    async (engine) => {
      const directory = await Deno.makeTempDir();
      const names = file
        ? [[file, "model.safetensors"]]
        : [...Deno.readDirSync(fixture("tiny_llama"))].map(({ name }) => [name, name])
          .filter(([name]) => /^m-|index/.test(name));
      for (const [from, to] of [...names, ["config.json", "config.json"]]) {
        // Hugging Face's cache has symbolic links instead of files.
        await Deno.symlink(fixture(`tiny_llama/${from}`), `${directory}/${to}`);
      }
      const expected = EXPECTED[key].flat().flatMap(logSoftmax);
      const model = await locateModel(directory);
      for (const frugal of [false, true]) {
        const { greedy, logProbabilities } = await scoreOnce(
          engine,
          { ...WHOLE, ...model, frugal, head: frugal ? TILES : PREPACKED_HEAD },
          everything(),
        );
        const worst = expected.reduce(
          (max, x, i) => Math.max(max, Math.abs(x - logProbabilities[i])),
          0,
        );
        assert.ok(worst < tolerance, `differs by ${worst}`);
        assert.equal(greedy.reduce((sum, each) => sum + each, 0), 18, "one token is the argmax");
      }
      await Deno.remove(directory, { recursive: true });
    },
  );
}

testOnDevices("Scorer gives the same results block by block and whole", async (engine) => {
  const batch = everything();
  const whole = await scoreOnce(engine, WHOLE, batch);
  const layout = { blocksAtOnce: 1, batchesAtOnce: 2, frugal: true, head: TILES };
  const scorer = new Scorer(engine, { ...WHOLE, ...layout });
  let steps = 0;
  const streamed = await Array.fromAsync(scorer.score([batch, batch, batch], () => steps++));
  await scorer.close();
  assert.equal(steps, 3 * scorer.stepsPerBatch);
  for (const { greedy, logProbabilities } of streamed) {
    assert.deepEqual(greedy, whole.greedy);
    logProbabilities.forEach((x, i) => assert.ok(Math.abs(x - whole.logProbabilities[i]) < 1e-5));
  }
});

testOnCpu(
  "Scorer does not mistake a packed row for a text longer than the model's context",
  async (engine) => {
    const batch = everything();
    const short = { ...config, positionsMax: 9 };
    const plain = await scoreOnce(engine, { ...WHOLE, config: short }, batch);
    const ropeScaling = { kind: "dynamic", factor: 4 } as const;
    const dynamic = await scoreOnce(engine, { ...WHOLE, config: { ...short, ropeScaling } }, batch);
    assert.deepEqual(dynamic, plain);
  },
);

testOnCpu(
  "Scorer computes the attention of long rows in parts, with the same results",
  async (engine) => {
    const { rows, sequence } = { rows: 1, sequence: 6144 };
    assert.ok(queryRowsMax(config, { rows, sequence }) < sequence, "the row is long enough");
    const long = { ...config, positionsMax: sequence };
    const [text] = EXPECTED.ids;
    const plane = (make: (place: number) => number) =>
      Int32Array.from({ length: sequence }, (_, place) => make(place));
    // The same text repeated, each copy in a separate branch.
    const batch: ScoringBatch = {
      rows,
      sequence,
      tokens: plane((place) => text[place % text.length]),
      positions: plane((place) => place % text.length),
      branches: plane((place) => Math.floor(place / text.length)),
      trunks: plane((place) => Math.floor(place / text.length)),
      places: plane((place) => place),
      targets: plane((place) => text[(place + 1) % text.length]),
    };
    const { logProbabilities } = await scoreOnce(engine, { ...WHOLE, config: long }, batch);
    const expected = EXPECTED.logits_f32[0].map((logits, i) =>
      logSoftmax(logits)[text[(i + 1) % text.length]]
    );
    logProbabilities.forEach((x, place) => {
      assert.ok(Math.abs(x - expected[place % text.length]) < 1e-4, `place ${place}`);
    });
  },
);

testOnCpu(
  "Scorer matches transformers' probabilities with every kind of rope",
  async (engine) => {
    const { tokens, variants } = JSON.parse(
      await Deno.readTextFile(fixture("harness/rope.json")),
    ) as {
      tokens: number[];
      variants: Record<string, { rope_parameters: unknown; logProbabilities: number[] }>;
    };
    const sequence = 256; // longer than the model's context of 128
    const plane = (make: (place: number) => number) =>
      Int32Array.from({ length: sequence }, (_, place) => make(place));
    const batch: ScoringBatch = {
      rows: 1,
      sequence,
      tokens: plane((place) => tokens[place] ?? 0),
      positions: plane((place) => place < tokens.length ? place : 0),
      branches: plane((place) => Number(place < tokens.length)),
      trunks: plane((place) => Number(place < tokens.length)),
      places: Int32Array.from({ length: tokens.length - 1 }, (_, place) => place),
      targets: Int32Array.from(tokens.slice(1)),
    };
    for (const [name, { logProbabilities, rope_parameters }] of Object.entries(variants)) {
      const model = await locateModel(fixture("tiny_llama"), { rope_parameters });
      const found = await scoreOnce(engine, { ...WHOLE, ...model }, batch);
      found.logProbabilities.forEach((x, i) =>
        assert.ok(
          Math.abs(x - logProbabilities[i]) < 1e-4,
          `${name}: ${x}, want ${logProbabilities[i]}`,
        )
      );
    }
  },
);
