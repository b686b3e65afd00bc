import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { putSubmission, TEST_CONTEXT, testPeer } from "../../../testing/upload_submission.ts";
import { relayPlace } from "./examine_submission.ts";
import { masksOfCopies } from "./masks_of_copies.ts";

Deno.test("masksOfCopies uses intact copies of registered peers only", async () => {
  const bucket = new MemoryBucket(new LockstepClock(0, 1));
  for (const uid of [0, 1, 2]) await putSubmission(bucket, "relay", uid);
  await bucket.put(relayPlace(bucket, 4, 1).keys.submission, Uint8Array.of(1, 2, 3));
  const masks = await masksOfCopies(
    [{ uid: 0 }, { uid: 1 }, { uid: 2 }, { uid: 7 }],
    [0, 1, 7].map(testPeer),
    bucket,
    { context: TEST_CONTEXT, verify: verifySignature },
  );
  assert.deepEqual(masks.map(({ uid }) => uid), [0]);
  const bits = masks[0].mask.reduce(
    (sum, word) => sum + word.toString(2).replaceAll("0", "").length,
    0,
  );
  assert.equal(bits, 16);
});
