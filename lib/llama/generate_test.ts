import assert from "node:assert/strict";
import { readModelDirectory } from "../checkpoint/model_directory.ts";
import type { Engine } from "../engine/engine.ts";
import { testOnCpu } from "../engine/_test_engine.ts";
import { fixture } from "../../fixtures/fixture.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { generate } from "./generate.ts";
import { LogitsModel } from "./logits.ts";

const OPTIONS = {
  count: 6,
  temperature: 0,
  stop: [],
  vocabularySize: 300,
  signal: new AbortController().signal,
  random: new SeededRandom(1n),
};

async function withModel(
  engine: Engine,
  sequence: number,
  body: (model: LogitsModel) => Promise<void>,
) {
  const { config, parameters } = await readModelDirectory(fixture("tiny_llama"));
  const model = await LogitsModel.open(engine, config, parameters, sequence, 1);
  await body(model);
  await model.close();
}

testOnCpu(
  "generate takes the likeliest token at temperature 0, whatever the padding",
  async (engine) => {
    const texts: number[][] = [];
    for (const sequence of [16, 32]) {
      await withModel(engine, sequence, async (model) => {
        texts.push(await generate(model, [1, 2, 3], OPTIONS));
      });
    }
    assert.equal(texts[0].length, 6);
    assert.deepEqual(texts[0], texts[1]);
  },
);

testOnCpu(
  "generate goes on beyond the context, stops at stop tokens, stays in the vocabulary",
  async (engine) => {
    await withModel(engine, 4, async (model) => {
      const free = await generate(model, [1, 2, 3], OPTIONS);
      assert.equal(free.length, 6);
      const stopped = await generate(model, [1, 2, 3], { ...OPTIONS, stop: [free[2]] });
      assert.deepEqual(stopped, free.slice(0, free.indexOf(free[2])));
      const warm = await generate(model, [1], {
        ...OPTIONS,
        count: 40,
        temperature: 5,
        vocabularySize: 7,
      });
      assert.ok(warm.every((id) => id < 7));
      await assert.rejects(
        () => generate(model, [1], { ...OPTIONS, signal: AbortSignal.abort(new Error("enough")) }),
        /enough/,
      );
    });
  },
);
