import { createHash } from "node:crypto";
import {
  type Bucket,
  BucketUnavailableError,
  ObjectNotFoundError,
  ObjectTooLargeError,
} from "../bucket/bucket.ts";
import type { Registration } from "../chain/chain.ts";
import { verifySignature } from "../chain/keypair.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import { decodeManifest, type Manifest, MANIFEST_BYTES_MAX } from "../sparseloco/manifest.ts";
import { RefusedError } from "../sparseloco/refusal.ts";
import {
  decodeSubmission,
  submissionBytesMax,
  type SubmissionContext,
} from "../sparseloco/submission.ts";
import { objectKeys } from "./object_keys.ts";
import type { WindowTimes } from "./window_clock.ts";

/** A submission that passed every check. */
export interface Gathered {
  /** Peer. */
  readonly uid: number;
  /** Its signed manifest. */
  readonly manifest: Manifest;
  /** Its tensors, in the model's order. */
  readonly tensors: CompressedTensor[];
}

/** One peer's outcome. */
export type GatherResult = Gathered | { readonly uid: number; readonly refused: RefusedError };

/** What a gather needs to know. */
export interface GatherOptions {
  /** Run, window and model; the uid is filled in for each peer. */
  readonly context: Omit<SubmissionContext, "uid">;
  /** When uploads count. */
  readonly times: WindowTimes;
  /** Bucket of a peer, as committed on the chain. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
}

/** Peers asked at the same time. */
const PEERS_AT_ONCE = 8;

/**
 * Fetches and checks the submissions of a window. Whatever one peer sends can only exclude that peer; what
 * goes wrong on our side is thrown, since a peer must not decide by its own troubles whom it counts.
 *
 * @param peers Whom to ask.
 * @returns One result a peer, ascending by uid.
 */
export async function gatherSubmissions(
  peers: readonly Registration[],
  options: GatherOptions,
): Promise<GatherResult[]> {
  const ascending = [...peers].sort((a, b) => a.uid - b.uid);
  const results: GatherResult[] = [];
  for (let at = 0; at < ascending.length; at += PEERS_AT_ONCE) {
    const group = ascending.slice(at, at + PEERS_AT_ONCE);
    results.push(...await Promise.all(group.map((peer) => gatherOrRefuse(peer, options))));
  }
  return results;
}

async function gatherOrRefuse(peer: Registration, options: GatherOptions): Promise<GatherResult> {
  try {
    return await gatherOne(peer, options);
  } catch (cause) {
    if (cause instanceof RefusedError) return { uid: peer.uid, refused: cause };
    if (!(cause instanceof BucketUnavailableError)) throw cause;
    return { uid: peer.uid, refused: new RefusedError("unreadable", cause.message) };
  }
}

async function gatherOne(
  { uid, hotkey }: Registration,
  { context, times, bucketOf }: GatherOptions,
): Promise<Gathered> {
  const bucket = await bucketOf(uid);
  if (!bucket) throw new RefusedError("missing", `uid ${uid} has committed no bucket`);
  const { window } = context;
  const manifestBytes = await fetchInTime(
    bucket,
    objectKeys.manifest(window, uid),
    MANIFEST_BYTES_MAX,
    times,
  );
  const manifest = decodeManifest(
    manifestBytes,
    (message, signature) => verifySignature(hotkey, message, signature),
  );
  const full = { ...context, uid };
  checkManifest(manifest, full);
  const key = objectKeys.submission(window, uid);
  const bytes = await fetchInTime(bucket, key, manifest.bytes, times);
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
  return { uid, manifest, tensors: decodeSubmission(full, bytes) };
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

async function fetchInTime(
  bucket: Bucket,
  key: string,
  bytesMax: number,
  { endMs, uploadEndMs }: WindowTimes,
): Promise<Uint8Array> {
  try {
    const { info, bytes } = await bucket.get(key, { bytesMax });
    if (info.modifiedMs < endMs) {
      throw new RefusedError(
        "too-early",
        `${key} came ${endMs - info.modifiedMs} ms before the window's end`,
      );
    }
    if (info.modifiedMs > uploadEndMs) {
      throw new RefusedError(
        "too-late",
        `${key} came ${info.modifiedMs - uploadEndMs} ms after the deadline`,
      );
    }
    return bytes;
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError) throw new RefusedError("missing", key);
    if (cause instanceof ObjectTooLargeError) throw new RefusedError("oversized", cause.message);
    throw cause;
  }
}
