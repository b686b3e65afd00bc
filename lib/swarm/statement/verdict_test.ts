import assert from "node:assert/strict";
import * as v from "valibot";
import { VERDICT } from "./verdict.ts";

const nonce = "00".repeat(32);
const accepted = (...uids: number[]) => uids.map((uid) => ({ uid, sha256: "cd".repeat(32) }));

Deno.test("a verdict lists each peer once, ascending by uid, with a hash", () => {
  assert.ok(v.is(VERDICT.schema, { accepted: accepted(), nonce }));
  assert.ok(v.is(VERDICT.schema, { accepted: accepted(0, 4, 65535), nonce }));
  for (const uids of [[4, 0], [4, 4], [65536], [-1], [0.5]]) {
    assert.ok(!v.is(VERDICT.schema, { accepted: accepted(...uids), nonce }), `${uids}`);
  }
  assert.ok(!v.is(VERDICT.schema, { accepted: [{ uid: 0, sha256: "CD".repeat(32) }], nonce }));
  assert.ok(!v.is(VERDICT.schema, { accepted: [], nonce: "00" }));
  assert.ok(!v.is(VERDICT.schema, { accepted: [], nonce, more: 1 }));
});
