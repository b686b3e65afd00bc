import { createHash } from "node:crypto";
import {
  type Bucket,
  BucketUnavailableError,
  type GetOptions,
  ObjectNotFoundError,
  ObjectTooLargeError,
} from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import type { VerifySignature } from "../../chain/keypair.ts";
import type { CompressedTensor } from "../../sparseloco/compressed_tensor.ts";
import { decodeManifest, type Manifest, MANIFEST_BYTES_MAX } from "../../sparseloco/manifest.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import {
  decodeSubmission,
  submissionBytesMax,
  type SubmissionContext,
} from "../../sparseloco/submission.ts";
import { objectKeys } from "../statement/object_keys.ts";
import type { WindowTimes } from "../window_clock.ts";

/** A peer's signed commitment to the bytes that it will upload. */
export interface Commitment {
  /** Peer. */
  readonly uid: number;
  /** Signed manifest. */
  readonly manifest: Manifest;
  /** Bytes of the manifest object, for later verification. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** When the store received it, milliseconds since 1970. */
  readonly committedMs: number;
}

/** A submission that passed every check. */
export interface Submission {
  /** Peer. */
  readonly uid: number;
  /** Its commitment. */
  readonly commitment: Commitment;
  /** Bytes as committed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its tensors, in the model's order. */
  readonly tensors: CompressedTensor[];
}

/** Location of a submission. */
export interface SubmissionPlace {
  /** Bucket. */
  readonly bucket: Bucket;
  /** Keys of submission and manifest. */
  readonly keys: { readonly submission: string; readonly manifest: string };
}

/** Options of a check. */
export interface ExamineOptions {
  /** Run, window and model; the uid is filled in for each peer. */
  readonly context: Omit<SubmissionContext, "uid">;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /**
   * Times within which commitments and uploads count; undefined for copies, whose times are
   * meaningless.
   */
  readonly times?: WindowTimes;
  /** Ends the reads. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns the location of a submission in the peer's bucket. */
export function ownPlace(bucket: Bucket, window: number, uid: number): SubmissionPlace {
  const keys = {
    submission: objectKeys.submission(window, uid),
    manifest: objectKeys.manifest(window, uid),
  };
  return { bucket, keys };
}

/** Returns the location of a validator's copy of a submission. */
export function relayPlace(bucket: Bucket, window: number, uid: number): SubmissionPlace {
  const keys = {
    submission: objectKeys.relayed(window, uid),
    manifest: objectKeys.relayedManifest(window, uid),
  };
  return { bucket, keys };
}

/**
 * Reads and checks a commitment: stored in time, signed by the peer, for this run, window and peer, and for
 * no more bytes than the model allows.
 *
 * @throws RefusedError naming the rule that was broken.
 */
export async function examineCommitment(
  { bucket, keys }: SubmissionPlace,
  { uid, hotkey }: Registration,
  { context, signal, times, verify }: ExamineOptions,
): Promise<Commitment> {
  const options = { bytesMax: MANIFEST_BYTES_MAX, signal };
  const { bytes, modifiedMs } = await fetchObject(bucket, keys.manifest, options);
  if (times && modifiedMs > times.endMs) {
    throw new RefusedError(
      "too-late",
      `${keys.manifest} came ${modifiedMs - times.endMs} ms after the window's end`,
    );
  }
  const manifest = decodeManifest(
    bytes,
    (message, signature) => verify(hotkey, message, signature),
  );
  checkManifest(manifest, { ...context, uid });
  return { uid, manifest, bytes, committedMs: modifiedMs };
}

/**
 * Reads and checks the bytes that a peer has committed to: uploaded in time, of the signed length and hash,
 * and a submission for this model.
 *
 * @throws RefusedError naming the rule that was broken.
 */
export async function examineSubmission(
  { bucket, keys }: SubmissionPlace,
  commitment: Commitment,
  { context, signal, times }: ExamineOptions,
): Promise<Submission> {
  const { manifest, uid } = commitment;
  const options = { bytesMax: manifest.bytes, signal };
  const { bytes, modifiedMs } = await fetchObject(bucket, keys.submission, options);
  if (times && (modifiedMs < times.endMs || modifiedMs > times.uploadEndMs)) {
    const early = modifiedMs < times.endMs;
    const distance = early ? times.endMs - modifiedMs : modifiedMs - times.uploadEndMs;
    throw new RefusedError(
      early ? "too-early" : "too-late",
      `${keys.submission} came ${distance} ms ${
        early ? "before uploads begin" : "after the deadline"
      }`,
    );
  }
  if (bytes.length !== manifest.bytes) {
    throw new RefusedError(
      "wrong-length",
      `${bytes.length} bytes, manifest says ${manifest.bytes}`,
    );
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== manifest.sha256) {
    throw new RefusedError("wrong-hash", `SHA-256 is ${sha256}, manifest says ${manifest.sha256}`);
  }
  return { uid, commitment, bytes, tensors: decodeSubmission({ ...context, uid }, bytes) };
}

/**
 * Reads and checks manifest and bytes at a location. A refusal is returned, not thrown.
 *
 * @param accept Inspects the commitment before the bytes are read, and may replace or refuse it.
 */
export async function examinePlace(
  place: SubmissionPlace,
  peer: Registration,
  options: ExamineOptions,
  accept: (commitment: Commitment) => Commitment = (commitment) => commitment,
): Promise<Submission | RefusedError> {
  return await orRefusal(async () => {
    const commitment = accept(await examineCommitment(place, peer, options));
    return await examineSubmission(place, commitment, options);
  });
}

/**
 * Runs an examination for one peer. A refusal is returned, so that nothing a peer sends can stop the others;
 * errors on our side are thrown.
 */
export async function orRefusal<Value>(
  task: () => Promise<Value>,
): Promise<Value | RefusedError> {
  try {
    return await task();
  } catch (cause) {
    if (cause instanceof RefusedError) return cause;
    if (!(cause instanceof BucketUnavailableError)) throw cause;
    return new RefusedError("unreadable", cause.message);
  }
}

function checkManifest(manifest: Manifest, context: SubmissionContext): void {
  for (
    const [reason, field] of [["wrong-run", "run"], ["wrong-window", "window"], [
      "wrong-uid",
      "uid",
    ]] as const
  ) {
    if (manifest[field] !== context[field]) {
      throw new RefusedError(reason, `manifest has ${manifest[field]}, want ${context[field]}`);
    }
  }
  const bytesMax = submissionBytesMax(context);
  if (manifest.bytes > bytesMax) {
    throw new RefusedError(
      "oversized",
      `manifest has ${manifest.bytes} bytes, want at most ${bytesMax}`,
    );
  }
}

async function fetchObject(bucket: Bucket, key: string, options: GetOptions) {
  try {
    const { info, bytes } = await bucket.get(key, options);
    return { bytes, modifiedMs: info.modifiedMs };
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError) throw new RefusedError("missing", key);
    if (cause instanceof ObjectTooLargeError) throw new RefusedError("oversized", cause.message);
    throw cause;
  }
}
