import assert from "node:assert/strict";
import { pack12Bit } from "../../testing/pack_12_bit.ts";
import { readReferenceTensor } from "../../testing/read_reference_tensor.ts";
import type { RefusalReason } from "./refusal.ts";

const GOOD = {
  idxs: pack12Bit([9, 3, 0, 7]),
  vals: Uint8Array.of(1, 2, 3, 0),
  shift: 0.5,
  lookup: [-1, 0, 1, 2],
};

Deno.test("readReferenceTensor sorts indices together with their codes", () => {
  const { codes, indices, levels } = readReferenceTensor(GOOD, [64], 4);
  assert.deepEqual([...indices], [0, 3, 7, 9]);
  assert.deepEqual([...codes], [3, 2, 0, 1]);
  assert.deepEqual([...levels], [-0.5, 0.5, 1.5, 2.5]);
});

Deno.test("readReferenceTensor names the reason of a refusal", () => {
  const cases: [RefusalReason, Partial<typeof GOOD>][] = [
    ["duplicate-index", { idxs: pack12Bit([9, 3, 9, 7]) }],
    ["index-out-of-range", { idxs: pack12Bit([9, 3, 64, 7]) }],
    ["code-out-of-range", { vals: Uint8Array.of(1, 2, 4, 0) }],
    ["wrong-shape", { vals: Uint8Array.of(1, 2, 3) }],
    ["wrong-shape", { idxs: pack12Bit([1, 2]) }],
    ["non-finite-levels", { shift: NaN }],
    ["non-finite-levels", { lookup: [1, 2, 3] }],
  ];
  for (const [reason, change] of cases) {
    assert.throws(() => readReferenceTensor({ ...GOOD, ...change }, [64], 4), { reason });
  }
});
