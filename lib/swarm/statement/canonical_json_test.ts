import { canonicalJson } from "./canonical_json.ts";
import assert from "node:assert/strict";
import fc from "fast-check";

Deno.test("canonicalJson is independent of key order and omits undefined entries", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonicalJson(reversed), canonicalJson(value));
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
    { seed: 7 },
  );
  assert.equal(canonicalJson({ b: undefined, a: [1, { c: null }] }), '{"a":[1,{"c":null}]}');
});
