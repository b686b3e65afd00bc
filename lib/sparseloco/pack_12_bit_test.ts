import assert from "node:assert/strict";
import fc from "fast-check";
import { pack12Bit, unpack12Bit } from "../../testing/pack_12_bit.ts";

Deno.test("pack12Bit matches the reference's bytes", () => {
  assert.equal(pack12Bit([1, 2]).toHex(), "012000");
  assert.equal(pack12Bit([4095, 4094]).toHex(), "ffefff");
  assert.equal(pack12Bit([0xabc, 0x123]).toHex(), "bc3a12");
});

Deno.test("unpack12Bit inverts pack12Bit", () => {
  const index = fc.integer({ min: 0, max: 4095 });
  fc.assert(
    fc.property(fc.array(fc.tuple(index, index)), (pairs) => {
      assert.deepEqual([...unpack12Bit(pack12Bit(pairs.flat()))], pairs.flat());
    }),
    { seed: 3 },
  );
});

Deno.test("pack12Bit and unpack12Bit refuse invalid input", () => {
  assert.throws(() => pack12Bit([1]), /count is 1, want an even number/);
  assert.throws(() => pack12Bit([1, 4096]), /found 1 and 4096/);
  assert.throws(() => unpack12Bit(new Uint8Array(4)), /4 bytes, want a multiple of 3/);
});
