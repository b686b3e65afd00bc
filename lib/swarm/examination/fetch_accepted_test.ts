import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { putSubmission, TEST_CONTEXT, testPeer } from "../../../testing/upload_submission.ts";
import { BucketUnavailableError } from "../../bucket/bucket.ts";
import { fetchAccepted } from "./fetch_accepted.ts";

async function fetch(uid: number, sha256: string, own: MemoryBucket, leader: MemoryBucket) {
  return await fetchAccepted({ accepted: [{ uid, sha256 }] }, {
    context: TEST_CONTEXT,
    verify: verifySignature,
    registrations: [testPeer(3)],
    bucketOf: () => Promise.resolve(own),
    leaderBucket: leader,
  });
}

Deno.test("fetchAccepted fetches the bytes that a verdict names from the peer or from the leader's copy", async () => {
  const [own, leader] = [0, 1].map(() => new MemoryBucket(new LockstepClock(0, 1)));
  const sha256 = await putSubmission(own, "own", 3);
  assert.equal((await fetch(3, sha256, own, leader))[0].commitment.manifest.sha256, sha256);
  // The peer now serves other bytes, with a valid signature.
  await putSubmission(leader, "relay", 3);
  const other = await putSubmission(own, "own", 3, { seed: 1 });
  assert.notEqual(other, sha256);
  assert.equal((await fetch(3, sha256, own, leader))[0].commitment.manifest.sha256, sha256);
});

Deno.test("fetchAccepted reports missing bytes as transient and rejects a copy forged by the leader", async () => {
  const [own, leader] = [0, 1].map(() => new MemoryBucket(new LockstepClock(0, 1)));
  const sha256 = await putSubmission(leader, "relay", 3, { signer: 9 });
  await assert.rejects(() => fetch(3, sha256, own, leader), BucketUnavailableError);
  await assert.rejects(() => fetch(4, sha256, own, leader), /no such peer/);
  const refusal = await fetch(3, sha256, own, leader).catch((error) => error);
  assert.ok(!(refusal instanceof RefusedError), "it may be available on a retry");
});
