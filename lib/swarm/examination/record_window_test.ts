import assert from "node:assert/strict";
import * as v from "valibot";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { WINDOW_RECORD } from "../statement/window_record.ts";
import { putSubmission, TEST_CONTEXT, testPeer } from "../../../testing/upload_submission.ts";
import { TEST_CHALLENGE, TEST_DIGEST, windowInputs } from "../../../testing/window_inputs.ts";
import { examinePlace, ownPlace } from "./examine_submission.ts";
import type { Found } from "./found.ts";
import { recordWindow } from "./record_window.ts";

Deno.test("a record contains examined submissions, state statements and a score per peer", async () => {
  const bucket = new MemoryBucket(new LockstepClock(77, 1));
  const sha256 = await putSubmission(bucket, "own", 7);
  const options = { context: TEST_CONTEXT, verify: verifySignature };
  const submission = await examinePlace(ownPlace(bucket, 4, 7), testPeer(7), options);
  const found = new Map<number, Found>([
    [7, submission],
    [8, new RefusedError("missing", "key")],
  ]);
  const states = new Map([
    [7, { content: { digest: "bb".repeat(32), elements: "" }, text: "signed" }],
  ]);
  const inputs = { ...windowInputs(), found, judged: found, states };
  const { gauntlet, masks, record } = await recordWindow(inputs);
  assert.deepEqual(record.examined, [{ uid: 7, sha256, committedMs: 77 }]);
  assert.deepEqual(record.states, [{ uid: 7, text: "signed" }]);
  assert.deepEqual([record.nonce, record.digest], [TEST_CHALLENGE, TEST_DIGEST]);
  assert.deepEqual(record.scores.map(({ uid }) => uid), [7]);
  assert.equal(gauntlet.window, inputs.memory.state.window + 1);
  assert.deepEqual(masks.map(({ uid }) => uid), [7]);
  assert.ok(v.is(WINDOW_RECORD.schema, JSON.parse(JSON.stringify(record))));
});
