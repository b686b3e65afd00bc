import { createHash } from "node:crypto";
import type { Bucket } from "../lib/bucket/bucket.ts";
import { keypairFromSeed } from "../lib/chain/keypair.ts";
import { SeededRandom } from "../lib/random/seeded_random.ts";
import { compress } from "../lib/sparseloco/compress.ts";
import { encodeManifest, type Manifest } from "../lib/sparseloco/manifest.ts";
import { encodeSubmission, type SubmissionContext } from "../lib/sparseloco/submission.ts";
import {
  ownPlace,
  relayPlace,
  type SubmissionPlace,
} from "../lib/swarm/examination/examine_submission.ts";

/** Context of test submissions, without the peer. */
export const TEST_CONTEXT: Omit<SubmissionContext, "uid"> = {
  run: "ab".repeat(32),
  window: 4,
  topk: 16,
  shapes: [{ name: "w", dims: [32, 32] }],
};

/** Key of a test peer. */
export const testKeypair = (uid: number) =>
  keypairFromSeed(new Uint8Array(32).fill(uid + 1), new SeededRandom(BigInt(uid)));

/** Registration of a test peer. */
export const testPeer = (uid: number) => ({
  uid,
  hotkey: testKeypair(uid).hotkey,
  block: 0,
  stake: 0,
});

/** Differences of a peer's upload from an honest one. */
export interface Misdeed {
  /** Peer whose key signs the manifest. */
  readonly signer?: number;
  /** Changed parts of the manifest. */
  readonly manifest?: Partial<Manifest>;
  /** Changed parts of the submission's context. */
  readonly submission?: Partial<SubmissionContext>;
  /** Seed that changes its values. */
  readonly seed?: number;
}

/** Returns a peer's signed manifest and encoded submission. */
export function testSubmission(
  uid: number,
  misdeed: Misdeed = {},
): { manifest: Uint8Array<ArrayBuffer>; submission: Uint8Array<ArrayBuffer>; sha256: string } {
  const context = { ...TEST_CONTEXT, uid, ...misdeed.submission };
  const factor = uid + 2 + (misdeed.seed ?? 0);
  const delta = Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i * factor));
  const submission = encodeSubmission(context, [
    compress(delta, new Float32Array(1024), [32, 32], context.topk, 1),
  ]);
  const sha256 = createHash("sha256").update(submission).digest("hex");
  const manifest = {
    run: TEST_CONTEXT.run,
    window: TEST_CONTEXT.window,
    uid,
    bytes: submission.length,
    sha256,
    sampleDigest: "cd".repeat(16),
    sampleCount: 8,
    ...misdeed.manifest,
  };
  const signer = testKeypair(misdeed.signer ?? uid);
  return { manifest: encodeManifest(manifest, (text) => signer.sign(text)), submission, sha256 };
}

/** Puts a peer's submission into its own bucket, or a relayed copy into a validator's. */
export async function putSubmission(
  bucket: Bucket,
  place: "own" | "relay",
  uid: number,
  misdeed: Misdeed = {},
): Promise<string> {
  const placeOf = place === "own" ? ownPlace : relayPlace;
  const { keys }: SubmissionPlace = placeOf(bucket, TEST_CONTEXT.window, uid);
  const { manifest, sha256, submission } = testSubmission(uid, misdeed);
  await bucket.put(keys.manifest, manifest);
  await bucket.put(keys.submission, submission);
  return sha256;
}
