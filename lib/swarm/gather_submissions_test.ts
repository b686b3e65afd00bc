import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Bucket, BucketUnavailableError } from "../bucket/bucket.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { keypairFromSeed } from "../chain/keypair.ts";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { compress } from "../sparseloco/compress.ts";
import { encodeManifest, type Manifest } from "../sparseloco/manifest.ts";
import { encodeSubmission, type SubmissionContext } from "../sparseloco/submission.ts";
import { gatherSubmissions } from "./gather_submissions.ts";
import { objectKeys } from "./object_keys.ts";

const RUN = "ab".repeat(32);
const TENSORS = [{ name: "w", dims: [32, 32] }];
const TIMES = { endMs: 1000, uploadEndMs: 2000, digestEndMs: 3000 };
const keyOf = (uid: number) =>
  keypairFromSeed(new Uint8Array(32).fill(uid + 1), new SeededRandom(BigInt(uid)));

/** How one peer's upload differs from an honest one. */
interface Misdeed {
  atMs?: number;
  signer?: number;
  manifest?: Partial<Manifest>;
  submission?: Partial<SubmissionContext>;
  leaveOut?: "manifest" | "submission";
}

async function upload(clock: LockstepClock, uid: number, misdeed: Misdeed): Promise<Bucket> {
  const bucket = new MemoryBucket(clock);
  await clock.sleepUntil(misdeed.atMs ?? 1500);
  const context = { run: RUN, window: 4, uid, topk: 16, tensors: TENSORS, ...misdeed.submission };
  const delta = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i * (uid + 2)));
  const bytes = encodeSubmission(context, [
    compress(delta, new Float32Array(1024), [32, 32], context.topk, 1),
  ]);
  const manifest = {
    run: RUN,
    window: 4,
    uid,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    sampleDigest: "cd".repeat(16),
    sampleCount: 8,
    ...misdeed.manifest,
  };
  const signer = keyOf(misdeed.signer ?? uid);
  if (misdeed.leaveOut !== "submission") await bucket.put(objectKeys.submission(4, uid), bytes);
  if (misdeed.leaveOut !== "manifest") {
    await bucket.put(
      objectKeys.manifest(4, uid),
      encodeManifest(manifest, (text) => signer.sign(text)),
    );
  }
  return bucket;
}

/** Gathers from an honest peer 0 and a peer 1 that misbehaves. */
async function gather(misdeed: Misdeed) {
  const buckets = await Promise.all(
    [{}, misdeed].map((each, uid) => upload(new LockstepClock(0, 1), uid, each)),
  );
  return await gatherSubmissions(
    [1, 0].map((uid) => ({ uid, hotkey: keyOf(uid).hotkey, block: 0 })),
    {
      context: { run: RUN, window: 4, topk: 16, tensors: TENSORS },
      times: TIMES,
      bucketOf: (uid) => Promise.resolve(buckets[uid]),
    },
  );
}

Deno.test("gatherSubmissions gives honest submissions, ascending by uid", async () => {
  const results = await gather({});
  assert.deepEqual(results.map((result) => [result.uid, "refused" in result]), [[0, false], [
    1,
    false,
  ]]);
});

const CASES: [reason: string, Misdeed][] = [
  ["missing", { leaveOut: "manifest" }],
  ["missing", { leaveOut: "submission" }],
  ["too-early", { atMs: 999 }],
  ["too-late", { atMs: 2001 }],
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
  ["wrong-shape", { submission: { tensors: [{ name: "v", dims: [32, 32] }] } }],
];

for (const [reason, misdeed] of CASES) {
  Deno.test(`gatherSubmissions refuses ${reason} for ${JSON.stringify(misdeed)}`, async () => {
    const [honest, other] = await gather(misdeed);
    assert.ok(!("refused" in honest));
    assert.equal("refused" in other && other.refused.reason, reason);
  });
}

Deno.test("gatherSubmissions takes uploads at both ends of the time allowed", async () => {
  for (const atMs of [1000, 2000]) {
    const results = await gather({ atMs });
    assert.ok(results.every((result) => !("refused" in result)));
  }
});

Deno.test("gatherSubmissions names a store that fails, and goes on", async () => {
  const [result] = await gatherSubmissions([{ uid: 0, hotkey: keyOf(0).hotkey, block: 0 }], {
    context: { run: RUN, window: 4, topk: 16, tensors: TENSORS },
    times: TIMES,
    bucketOf: () => Promise.reject(new BucketUnavailableError("503 slow down")),
  });
  assert.equal("refused" in result && result.refused.reason, "unreadable");
});
