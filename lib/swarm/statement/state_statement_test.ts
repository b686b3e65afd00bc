import { decodeElements, encodeElements } from "./state_statement.ts";
import assert from "node:assert/strict";
import fc from "fast-check";

Deno.test("elements round-trip through a statement, and malformed text decodes to none", () => {
  fc.assert(
    fc.property(fc.float32Array({ maxLength: 50 }), (values) => {
      const elements = new Float32Array(values);
      assert.deepEqual(decodeElements(encodeElements(elements)), elements);
    }),
    { seed: 6 },
  );
  for (const text of ["A", "AAA=", "AAAAAAA=", "****"]) {
    assert.equal(decodeElements(text).length, 0);
  }
});
