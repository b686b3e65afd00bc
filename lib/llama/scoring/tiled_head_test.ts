import assert from "node:assert/strict";
import fc from "fast-check";
import { vocabularyTiles } from "./tiled_head.ts";

Deno.test("vocabularyTiles covers a vocabulary once, in tiles within the byte limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300_000 }),
      fc.integer({ min: 1, max: 16_384 }),
      fc.integer({ min: 1, max: 2 ** 31 }),
      (vocabSize, hiddenSize, bytesMax) => {
        fc.pre(4 * vocabSize * hiddenSize / bytesMax < 10_000);
        let next = 0;
        for (const { from, to } of vocabularyTiles({ hiddenSize, vocabSize }, bytesMax)) {
          assert.equal(from, next);
          assert.ok(to > from);
          assert.ok(to - from === 1 || 4 * (to - from) * hiddenSize <= bytesMax + 4 * hiddenSize);
          next = to;
        }
        assert.equal(next, vocabSize);
      },
    ),
    { seed: 11, numRuns: 500 },
  );
  const tiles = vocabularyTiles({ hiddenSize: 64, vocabSize: 300 }, 11_000);
  assert.deepEqual(tiles.map(({ from, to }) => to - from), [43, 43, 43, 43, 43, 43, 42]);
});
