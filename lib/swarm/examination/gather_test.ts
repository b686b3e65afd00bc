import assert from "node:assert/strict";
import { type Bucket, BucketUnavailableError, type CallOptions } from "../../bucket/bucket.ts";
import { BucketDecorator } from "../../bucket/bucket_decorator.ts";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { VirtualClock } from "../../clock/virtual_clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { gatherCommitments, gatherSubmissions } from "./gather.ts";
import { objectKeys } from "../statement/object_keys.ts";
import {
  type Misdeed,
  TEST_CONTEXT,
  testPeer,
  testSubmission,
} from "../../../testing/upload_submission.ts";

const TIMES = { commitMs: 800, endMs: 1000, uploadEndMs: 2000, digestEndMs: 3000 };

/** Misbehaviour of a peer, and the times of its writes. */
interface Upload extends Misdeed {
  committedMs?: number;
  uploadedMs?: number;
  leaveOut?: "manifest" | "submission";
}

async function upload(clock: LockstepClock, uid: number, misdeed: Upload): Promise<Bucket> {
  const bucket = new MemoryBucket(clock);
  const { manifest, submission } = testSubmission(uid, misdeed);
  await clock.sleepUntil(misdeed.committedMs ?? 900);
  if (misdeed.leaveOut !== "manifest") await bucket.put(objectKeys.manifest(4, uid), manifest);
  await clock.sleepUntil(misdeed.uploadedMs ?? 1500);
  if (misdeed.leaveOut !== "submission") {
    await bucket.put(objectKeys.submission(4, uid), submission);
  }
  return bucket;
}

/**
 * Gathers from peers that may misbehave; returns each refusal reason, or undefined for a valid submission.
 */
async function gather(...misdeeds: Upload[]): Promise<(string | undefined)[]> {
  const buckets = await Promise.all(
    misdeeds.map((each, uid) => upload(new LockstepClock(0, 1), uid, each)),
  );
  return await reasons(misdeeds.length, (uid) => Promise.resolve(buckets[uid]));
}

async function reasons(count: number, bucketOf: (uid: number) => Promise<Bucket>) {
  const peers = Array.from({ length: count }, (_, uid) => testPeer(uid));
  const options = {
    context: TEST_CONTEXT,
    verify: verifySignature,
    times: TIMES,
    bucketOf,
  };
  const commitments = await gatherCommitments(peers, options);
  const found = await gatherSubmissions(peers, commitments, [...peers.keys()], options);
  assert.deepEqual([...found.keys()], [...peers.keys()]);
  return [...found.values()].map((each) => each instanceof RefusedError ? each.reason : undefined);
}

Deno.test("gatherSubmissions returns what was committed and uploaded in time", async () => {
  assert.deepEqual(await gather({}, {}), [undefined, undefined]);
});

const CASES: [reason: string, Upload][] = [
  ["missing", { leaveOut: "manifest" }],
  ["missing", { leaveOut: "submission" }],
  ["too-early", { uploadedMs: 999 }],
  ["too-late", { uploadedMs: 2001 }],
  ["too-late", { committedMs: 1001 }],
  ["wrong-signature", { signer: 0 }],
  ["wrong-run", { manifest: { run: "00".repeat(32) } }],
  ["wrong-window", { manifest: { window: 3 } }],
  ["wrong-uid", { manifest: { uid: 0 } }],
  ["oversized", { manifest: { bytes: 1e9 } }],
  ["oversized", { manifest: { bytes: 3 } }],
  ["wrong-length", { manifest: { bytes: 250 } }],
  ["wrong-hash", { manifest: { sha256: "00".repeat(32) } }],
  ["wrong-window", { submission: { window: 3 } }],
  ["wrong-run", { submission: { run: "00".repeat(32) } }],
  ["wrong-topk", { submission: { topk: 8 } }],
  ["wrong-shape", { submission: { shapes: [{ name: "v", dims: [32, 32] }] } }],
];

for (const [reason, misdeed] of CASES) {
  Deno.test(`weakness 2: ${reason} for ${JSON.stringify(misdeed)} excludes that peer alone`, async () => {
    assert.deepEqual(await gather({}, misdeed, {}), [undefined, reason, undefined]);
  });
}

Deno.test("gatherSubmissions accepts uploads at both ends of the allowed interval", async () => {
  const ends = [{ committedMs: 1000, uploadedMs: 1000 }, { uploadedMs: 2000 }];
  assert.deepEqual(await gather(...ends), [undefined, undefined]);
});

Deno.test("gatherSubmissions reports a failing store and continues", async () => {
  const failing = () => Promise.reject(new BucketUnavailableError("503 slow down"));
  assert.deepEqual(await reasons(2, failing), ["unreadable", "unreadable"]);
});

/** A bucket that answers nothing, and how many calls to it have been ended. */
class StalledBucket extends BucketDecorator {
  ended = 0;

  protected override call<Options extends CallOptions, Value>({ signal }: Options): Promise<Value> {
    return new Promise((_, reject) =>
      signal!.addEventListener("abort", () => {
        this.ended++;
        reject(signal!.reason);
      })
    );
  }
}

Deno.test("a store that stalls costs its own peer alone, and its reads are ended at the deadline", async () => {
  const clock = new VirtualClock(0);
  const good = await upload(new LockstepClock(0, 1), 1, {});
  const stalled = new StalledBucket(good);
  const peers = Array.from({ length: 60 }, (_, uid) => ({ ...testPeer(1), uid }));
  let found: Awaited<ReturnType<typeof gatherCommitments>> | undefined;
  gatherCommitments(peers, {
    context: TEST_CONTEXT,
    verify: verifySignature,
    times: TIMES,
    bucketOf: (uid) => Promise.resolve(uid === 0 ? stalled : good),
    deadline: { clock, untilMs: 5000 },
  }).then((results) => found = results);
  await clock.run(() => found !== undefined, 10_000);
  const reasons = [...found!.values()].map((each) => each instanceof RefusedError && each.reason);
  assert.equal(stalled.ended, 1);
  assert.equal(reasons[0], "unreadable");
  assert.equal(reasons[1], false);
  assert.ok(reasons.slice(2).every((reason) => reason === "missing"), "none was too late");
});
