import assert from "node:assert/strict";
import { Corpus } from "../corpus/corpus.ts";
import { heldOutTask } from "./held_out_task.ts";

Deno.test("heldOutTask asks for the samples that no peer trains on, cut to the model's length", () => {
  const corpus = new Corpus(Uint32Array.from({ length: 401 }, (_, i) => i), 4);
  const tokensOf = (lengthMax: number) =>
    heldOutTask(corpus, lengthMax).documents.map(({ tokens }) => tokens as number[]);
  const whole = tokensOf(99);
  assert.equal(whole.length, corpus.heldOutSamples);
  // A sample of four tokens, and the one that the last of them foretells.
  assert.deepEqual(whole.at(-1), [396, 397, 398, 399, 400]);
  assert.ok(whole.every(([first]) => first / 4 >= corpus.trainSamples));
  assert.deepEqual(tokensOf(2).at(-1), [396, 397, 398]);
});
