import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { putSubmission, TEST_CONTEXT, testPeer } from "../../../testing/upload_submission.ts";
import { BucketUnavailableError } from "../../bucket/bucket.ts";
import { examinePlace, orRefusal, ownPlace, relayPlace } from "./examine_submission.ts";

const OPTIONS = { context: TEST_CONTEXT, verify: verifySignature };
const newBucket = () => new MemoryBucket(new LockstepClock(5, 1));

Deno.test("examinePlace examines the commitment and its bytes", async () => {
  const bucket = newBucket();
  const sha256 = await putSubmission(bucket, "own", 3);
  const found = await examinePlace(ownPlace(bucket, 4, 3), testPeer(3), OPTIONS);
  assert.ok(!(found instanceof RefusedError));
  assert.equal(found.commitment.manifest.sha256, sha256);
  assert.equal(found.commitment.committedMs, 5);
  assert.deepEqual(found.tensors.map(({ tiling }) => [tiling.rows, tiling.columns]), [[32, 32]]);
  const elsewhere = await examinePlace(relayPlace(bucket, 4, 3), testPeer(3), OPTIONS);
  assert.ok(elsewhere instanceof RefusedError && elsewhere.reason === "missing");
});

Deno.test("examinePlace lets its caller refuse a commitment before the bytes are read", async () => {
  const bucket = newBucket();
  await putSubmission(bucket, "own", 3);
  await bucket.delete(ownPlace(bucket, 4, 3).keys.submission);
  const refused = await examinePlace(ownPlace(bucket, 4, 3), testPeer(3), OPTIONS, () => {
    throw new RefusedError("wrong-hash", "not the one");
  });
  assert.ok(refused instanceof RefusedError && refused.reason === "wrong-hash");
});

Deno.test("orRefusal returns refusals and store failures, and throws our own errors", async () => {
  const give = (error: Error) => orRefusal(() => Promise.reject(error));
  const unreadable = await give(new BucketUnavailableError("503"));
  assert.ok(unreadable instanceof RefusedError && unreadable.reason === "unreadable");
  const refusal = new RefusedError("missing", "key");
  assert.equal(await give(refusal), refusal);
  await assert.rejects(() => give(new TypeError("ours")), TypeError);
});
