import assert from "node:assert/strict";
import { fixture } from "../../../fixtures/fixture.ts";
import { locateModel } from "../../checkpoint/locate_model.ts";
import { testOnCpu } from "../../../testing/engine.ts";
import type { Engine } from "../../engine/engine.ts";
import { FAMILIES } from "../model/families.ts";
import { TokenGenerator } from "../generation/token_generator.ts";
import { Scorer, type ScorerOptions } from "./scorer.ts";
import type { ScoringBatch } from "./scoring_batch.ts";
import { PREPACKED_HEAD, prepackedWhole } from "./scoring_memory.ts";

interface Case {
  texts: { ids: number[]; log_probs: number[] }[];
  continuations: { prompt: number[]; ids: number[] }[];
}

/** Results of transformers, by case. */
const CASES = JSON.parse(
  await Deno.readTextFile(fixture("families/expected.json")),
) as Record<string, Case>;
/** Trunk length of a packed text, in tokens. */
const TRUNK = 25;
const TOLERANCE = 1e-4;

/** Packs a text, and again as two branches with a shared trunk; all tokens but the first are scored. */
function packed(ids: number[]): { batch: ScoringBatch; targets: number[] } {
  const inputs = ids.slice(0, -1);
  const trunk = Math.min(TRUNK, inputs.length - 1);
  const order = [...inputs.keys()];
  const behind = order.slice(trunk);
  const plane = (numbers: number[]) => Int32Array.from(numbers);
  const places = [...order, ...order.slice(0, trunk), ...behind, ...behind];
  const branch = [
    ...order.map(() => 0),
    ...order.slice(0, trunk).map(() => 1),
    ...behind.map(() => 2),
    ...behind.map(() => 3),
  ];
  return {
    batch: {
      rows: 1,
      sequence: places.length,
      tokens: plane(places.map((place) => inputs[place])),
      positions: plane(places),
      branches: plane(branch),
      trunks: plane(branch.map((number) => (number < 2 ? number : 1))),
      places: plane([...places.keys()]),
      targets: plane(places.map((place) => ids[place + 1])),
    },
    targets: places,
  };
}

async function scored(engine: Engine, options: ScorerOptions, batch: ScoringBatch) {
  const scorer = new Scorer(engine, options);
  try {
    return (await Array.fromAsync(scorer.score([batch], () => {})))[0].logProbabilities;
  } finally {
    await scorer.close();
  }
}

/** Returns the texts and prompts that fit in a model's context. */
function fitting({ continuations, texts }: Case, positionsMax: number): Case {
  return {
    texts: texts.filter(({ ids }) => ids.length <= positionsMax + 1),
    continuations: continuations.filter((each) =>
      each.prompt.length + each.ids.length <= positionsMax
    ),
  };
}

for (const [name, all] of Object.entries(CASES)) {
  testOnCpu(`${name} is scored and continued as in transformers`, async (engine) => {
    const directory = fixture(`families/${name}`);
    const older = JSON.parse(await Deno.readTextFile(`${directory}/config_v4.json`));
    const { config, notes, tensors } = await locateModel(directory);
    assert.deepEqual(notes, []);
    assert.deepEqual((await locateModel(directory, older)).config, config);
    const { continuations, texts } = fitting(all, config.positionsMax);
    const longest = texts.reduce((a, b) => (a.ids.length >= b.ids.length ? a : b));
    const whole: ScorerOptions = { config, tensors, ...prepackedWhole(config) };
    const streamed = {
      ...whole,
      blocksAtOnce: 1,
      frugal: true,
      head: { ...PREPACKED_HEAD, tileBytesMax: 5000 },
    };
    for (const options of [whole, streamed]) {
      for (const { ids, log_probs } of options === whole ? texts : [longest]) {
        const { batch, targets } = packed(ids);
        const found = await scored(engine, options, batch);
        targets.forEach((target, i) => {
          const distance = Math.abs(found[i] - log_probs[target]);
          assert.ok(
            distance < TOLERANCE,
            `token ${target} of ${ids.length} differs by ${distance}`,
          );
        });
      }
    }
    const generator = new TokenGenerator(engine, { config, tensors, frugal: false });
    const generated = await generator.generate(
      continuations.map(({ prompt }) => prompt),
      { tokensMax: 12, isDone: () => false, onStep: () => {} },
    );
    assert.deepEqual(generated, continuations.map(({ ids }) => ids));
    await generator.close();
  });
}

Deno.test("every family has a fixture", () => {
  const covered = Object.keys(CASES).map((name) =>
    JSON.parse(Deno.readTextFileSync(fixture(`families/${name}/config.json`))).model_type
  );
  for (const family of Object.keys(FAMILIES)) assert.ok(covered.includes(family), family);
});
