import assert from "node:assert/strict";
import { fixture } from "../../../fixtures/fixture.ts";
import { locateModel } from "../../checkpoint/locate_model.ts";
import { deviceTests, testOnCpu } from "../../../testing/engine.ts";
import { TokenGenerator } from "./token_generator.ts";

const testOnDevices = deviceTests(import.meta.url);
const RECORDED = JSON.parse(
  await Deno.readTextFile(fixture("harness/greedy.json")),
) as { prompt_ids: number[]; ids_ignore_eos: number[] }[];
const { config, tensors } = await locateModel(fixture("tiny_llama"));
const WITHOUT_END = { tokensMax: 40, isDone: () => false, onStep: () => {} };

testOnDevices(
  "TokenGenerator matches transformers on a batch of texts of different lengths",
  async (engine) => {
    for (const frugal of [false, true]) {
      const generator = new TokenGenerator(engine, { config, tensors, frugal });
      const generated = await generator.generate(
        RECORDED.map((each) => each.prompt_ids),
        WITHOUT_END,
      );
      RECORDED.forEach((each, i) => assert.deepEqual(generated[i], each.ids_ignore_eos));
    }
  },
);

testOnDevices("TokenGenerator passes logits to the choose function", async (engine) => {
  const generator = new TokenGenerator(engine, { config, tensors, frugal: true });
  const choose = (logits: Float32Array) => {
    assert.equal(logits.length, config.vocabSize);
    return logits.indexOf(Math.max(...logits));
  };
  const [each] = RECORDED;
  const options = { ...WITHOUT_END, tokensMax: 5, choose };
  const generated = await generator.generate([each.prompt_ids, [5]], options);
  assert.deepEqual(generated[0], each.ids_ignore_eos.slice(0, 5));
  await generator.close();
});

testOnCpu(
  "TokenGenerator stops each text at its end, and accepts prompts of one or many tokens",
  async (engine) => {
    const generator = new TokenGenerator(engine, { config, tensors, frugal: false });
    const long = Array.from({ length: 70 }, (_, i) => 3 + (i * 7) % 280);
    const prompts = [[5], long, RECORDED[0].prompt_ids];
    const free = await generator.generate(prompts, { ...WITHOUT_END, tokensMax: 8 });
    assert.deepEqual(free[2], RECORDED[0].ids_ignore_eos.slice(0, 8));
    const isDone = (row: number, generated: readonly number[]) => generated.length > row;
    const stopped = await generator.generate(prompts, { ...WITHOUT_END, tokensMax: 8, isDone });
    assert.deepEqual(stopped, free.map((ids, row) => ids.slice(0, row + 1)));
    for (const [i, prompt] of prompts.entries()) {
      const alone = await generator.generate([prompt], { ...WITHOUT_END, tokensMax: 8 });
      assert.deepEqual(alone, [free[i]]);
    }
  },
);
