import assert from "node:assert/strict";
import { SeededRandom } from "../../random/seeded_random.ts";
import { sampleToken } from "./sample_token.ts";

const LOGITS = Float32Array.of(0, Math.log(3), -50, 9);

Deno.test("sampleToken takes the argmax at temperature 0, and stays in the vocabulary", () => {
  const random = new SeededRandom(1n);
  assert.equal(sampleToken(LOGITS, { temperature: 0, vocabularySize: 4, random }), 3);
  assert.equal(sampleToken(LOGITS, { temperature: 0, vocabularySize: 3, random }), 1);
});

Deno.test("sampleToken samples from the softmax of logits / temperature", () => {
  const random = new SeededRandom(2n);
  for (const [temperature, share] of [[1, 3 / 4], [0.5, 9 / 10]]) {
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 4000; draw++) {
      counts[sampleToken(LOGITS, { temperature, vocabularySize: 3, random })]++;
    }
    assert.ok(Math.abs(counts[1] / 4000 - share) < 0.025, `${counts}`);
    assert.deepEqual(counts.slice(2), [0, 0]);
  }
});
