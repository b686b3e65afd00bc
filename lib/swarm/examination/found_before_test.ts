import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { putSubmission, TEST_CONTEXT, testPeer } from "../../../testing/upload_submission.ts";
import { examinePlace, ownPlace } from "./examine_submission.ts";
import type { Found } from "./found.ts";
import { foundBefore } from "./found_before.ts";

const OPTIONS = { context: TEST_CONTEXT, verify: verifySignature };

Deno.test("foundBefore restores exactly what was copied when the verdict was made", async () => {
  const clock = new LockstepClock(100, 1);
  const [peers, own] = [new MemoryBucket(clock), new MemoryBucket(clock)];
  for (const uid of [0, 1]) await putSubmission(peers, "own", uid);
  await clock.sleepUntil(900);
  for (const uid of [0, 2]) await putSubmission(own, "relay", uid);
  const trainers = [0, 1, 2, 3].map(testPeer);
  const live = new Map<number, Found>();
  for (const peer of trainers) {
    live.set(peer.uid, await examinePlace(ownPlace(peers, 4, peer.uid), peer, OPTIONS));
  }
  const before = await foundBefore(live, trainers, own, OPTIONS);
  const [copied, later, gone, never] = [0, 1, 2, 3].map((uid) => before.get(uid)!);
  // The commitment time is that of the peer's object, not of the copy.
  assert.ok(!(copied instanceof RefusedError) && copied.commitment.committedMs === 100);
  assert.ok(later instanceof RefusedError && /when the verdict was made/.test(later.detail));
  assert.ok(!(gone instanceof RefusedError), "a submission removed since still counts");
  assert.ok(never instanceof RefusedError && never.reason === "missing");
});
