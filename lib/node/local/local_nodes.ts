import { createHash } from "node:crypto";
import { join } from "node:path";
import { Gate } from "../../async/gate.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import { DirectoryBucket } from "../../bucket/directory_bucket.ts";
import { type BucketKind, openBucket } from "../../bucket/open_bucket.ts";
import type { Chain } from "../../chain/chain.ts";
import { type Keypair, keypairFromSeed } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Virtual start time of every local run. */
export const LOCAL_GENESIS_MS: number = Date.UTC(2026, 0, 1);

/** Stake of a local swarm's validator. */
export const LOCAL_STAKE = 1000;

/** Calls at once to all directory buckets of a process: some systems allow only 256 open files. */
const CALLS = new Gate(32);

/** URI of a node's bucket, as it is committed on the ledger; relative to the run's directory. */
export function localBucketUri(uid: number): string {
  return `directory:buckets/${uid}`;
}

/**
 * Opens a bucket within a local run's directory.
 *
 * @param signal Ends all calls to the bucket.
 */
export function openLocalBucket(
  uri: string,
  directory: string,
  clock: Clock,
  signal: AbortSignal,
): Bucket {
  return openBucket(uri, { kinds: { directory: directoryKind(directory) }, clock, signal });
}

function directoryKind(directory: string): BucketKind {
  return {
    open: (location, clock) => new DirectoryBucket(join(directory, location), clock),
    // What a local disk refuses, it refuses again.
    retry: { tries: 1, pauseSeconds: 0 },
    gate: CALLS,
  };
}

/** Returns a lookup of a local run's buckets, by the nodes' commitments on the ledger. */
export function localBuckets(
  directory: string,
  chain: Chain,
  clock: Clock,
  signal: AbortSignal,
): (uid: number) => Promise<Bucket | undefined> {
  return async (uid) => {
    const uri = await chain.commitment(uid);
    return uri !== undefined && /^directory:buckets\/\d+$/.test(uri)
      ? openLocalBucket(uri, directory, clock, signal)
      : undefined;
  };
}

/** Removes what interrupted writes have left in a node's bucket, before anything writes there. */
export async function cleanLocalBucket(
  directory: string,
  uid: number,
  clock: Clock,
): Promise<void> {
  const path = localBucketUri(uid).replace(/^directory:/, "");
  await new DirectoryBucket(join(directory, path), clock).removeLeftovers();
}

/** Derives a local node's keys from the run id, so that a run can be repeated; they protect nothing. */
export function localKeypair(run: string, uid: number, window: number): Keypair {
  const seed = createHash("sha256").update(`covey local peer ${run} ${uid}`).digest();
  return keypairFromSeed(seed, randomFrom(`covey local nonces ${run} ${uid} ${window}`));
}

/** Returns the nonces of a local validator; repeatable for the same reason. */
export function localNonces(run: string, uid: number) {
  return (window: number, purpose: string): string =>
    createHash("sha256").update(`covey local ${purpose} ${run} ${uid} ${window}`).digest("hex");
}
