import assert from "node:assert/strict";
import * as v from "valibot";
import { WINDOW_RECORD } from "./window_record.ts";

const RECORD = {
  nonce: "00".repeat(32),
  examined: [{ uid: 1, sha256: "ab".repeat(32), committedMs: 5 }],
  digest: "cd".repeat(32),
  states: [{ uid: 1, text: "{}" }],
  observation: { window: 3, changes: [0.1], peers: [{ uid: 1, hotkey: "ab" }] },
  scores: [{ uid: 1, score: 2, weight: 0.5 }],
};

Deno.test("a record requires all its parts and allows additional keys in observation and scores", () => {
  assert.ok(v.is(WINDOW_RECORD.schema, RECORD));
  const scores = [{ uid: 1, score: 2, weight: 0.5, later: true }];
  assert.ok(v.is(WINDOW_RECORD.schema, { ...RECORD, scores }));
  for (const key of Object.keys(RECORD)) {
    assert.ok(!v.is(WINDOW_RECORD.schema, { ...RECORD, [key]: undefined }), key);
  }
  assert.ok(!v.is(WINDOW_RECORD.schema, { ...RECORD, observation: { window: 3 } }));
  assert.ok(!v.is(WINDOW_RECORD.schema, { ...RECORD, scores: [{ uid: "1" }] }));
});
