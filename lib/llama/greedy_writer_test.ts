import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import { locateModel } from "../checkpoint/locate_model.ts";
import { deviceTests, testOnCpu } from "../engine/_test_engine.ts";
import { GreedyWriter } from "./greedy_writer.ts";

const testOnDevices = deviceTests(import.meta.url);
const RECORDED = JSON.parse(
  await Deno.readTextFile(fixture("harness/greedy.json")),
) as { prompt_ids: number[]; ids_ignore_eos: number[] }[];
const { config, tensors } = await locateModel(fixture("tiny_llama"));
const WITHOUT_END = { tokensMax: 40, isDone: () => false, onStep: () => {} };

testOnDevices(
  "GreedyWriter writes what transformers writes, texts of many lengths at once",
  async (engine) => {
    for (const frugal of [false, true]) {
      const writer = new GreedyWriter(engine, { config, tensors, frugal });
      const written = await writer.write(RECORDED.map((each) => each.prompt_ids), WITHOUT_END);
      RECORDED.forEach((each, i) => assert.deepEqual(written[i], each.ids_ignore_eos));
    }
  },
);

testOnCpu(
  "GreedyWriter stops each text where it ends, and takes prompts of one token and of many",
  async (engine) => {
    const writer = new GreedyWriter(engine, { config, tensors, frugal: false });
    const long = Array.from({ length: 70 }, (_, i) => 3 + (i * 7) % 280);
    const prompts = [[5], long, RECORDED[0].prompt_ids];
    const free = await writer.write(prompts, { ...WITHOUT_END, tokensMax: 8 });
    assert.deepEqual(free[2], RECORDED[0].ids_ignore_eos.slice(0, 8));
    const isDone = (row: number, written: readonly number[]) => written.length > row;
    const stopped = await writer.write(prompts, { ...WITHOUT_END, tokensMax: 8, isDone });
    assert.deepEqual(stopped, free.map((ids, row) => ids.slice(0, row + 1)));
    for (const [i, prompt] of prompts.entries()) {
      const alone = await writer.write([prompt], { ...WITHOUT_END, tokensMax: 8 });
      assert.deepEqual(alone, [free[i]]);
    }
  },
);
