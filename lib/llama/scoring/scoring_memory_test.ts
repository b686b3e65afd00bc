import assert from "node:assert/strict";
import { parameterCount } from "../model/parameters.ts";
import { PRESETS } from "../model/presets.ts";
import { scoringLayout, writingRows } from "./scoring_memory.ts";

const GB = 1e9;
const SHAPE = { rows: 4, sequence: 256 };

Deno.test("scoringLayout holds a model whole if it fits, and some blocks of it otherwise", () => {
  const config = PRESETS["covenant-72b"];
  const bf16Bytes = 2 * parameterCount(config);
  const plan = (memoryGb: number, blocks?: number) =>
    scoringLayout(config, bf16Bytes, memoryGb * GB, SHAPE, blocks);
  assert.deepEqual(
    [plan(1000), plan(300), plan(64)].map(({ blocksAtOnce, frugal }) => [blocksAtOnce, frugal]),
    [[80, false], [80, true], [5, false]],
  );
  for (const memoryGb of [8, 16, 24, 64, 128]) {
    const { bytes, batchesAtOnce } = plan(memoryGb);
    assert.ok(bytes <= memoryGb * GB, `${memoryGb} GB: ${bytes}`);
    // A kill loses at most one group of batches.
    assert.ok(batchesAtOnce * SHAPE.rows * SHAPE.sequence <= 8192 + 1024);
  }
  assert.deepEqual([plan(1000), plan(300), plan(8)].map(({ head }) => head.frugal), [
    false,
    true,
    true,
  ]);
  assert.equal(plan(1000, 2).blocksAtOnce, 2);
  assert.equal(plan(1000, 200).blocksAtOnce, 80);
});

Deno.test("scoringLayout counts the attention of a long row by the parts computed at once", () => {
  const config = PRESETS["1b"];
  const { bytes } = scoringLayout(config, 4 * GB, 64 * GB, { rows: 1, sequence: 16384 }, undefined);
  assert.ok(bytes < 16 * GB, String(bytes));
});

Deno.test("writingRows is a power of two that fits in memory", () => {
  const config = PRESETS["8b"];
  const rows = [64, 24, 8, 1].map((memoryGb) => writingRows(config, memoryGb * GB, 1500));
  assert.deepEqual(rows, [16, 4, 2, 1]);
});
