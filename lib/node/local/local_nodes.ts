import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Bucket } from "../../bucket/bucket.ts";
import { DirectoryBucket } from "../../bucket/directory_bucket.ts";
import type { Chain } from "../../chain/chain.ts";
import { type Keypair, keypairFromSeed } from "../../chain/keypair.ts";
import type { Clock } from "../../clock/clock.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Virtual time at which every local run begins. */
export const LOCAL_GENESIS_MS: number = Date.UTC(2026, 0, 1);

/** What the validator of a local swarm has at stake. */
export const LOCAL_STAKE = 1000;

/** Folder of a node's bucket within the run's directory. */
export function localBucketPath(uid: number): string {
  return `buckets/${uid}`;
}

/** Finds the buckets of a local run by what its nodes have committed on the ledger. */
export function localBuckets(
  directory: string,
  chain: Chain,
  clock: Clock,
): (uid: number) => Promise<Bucket | undefined> {
  return async (uid) => {
    const path = (await chain.commitment(uid))?.match(/^directory:(buckets\/\d+)$/)?.[1];
    return path === undefined ? undefined : new DirectoryBucket(join(directory, path), clock);
  };
}

/** Keys of a local swarm guard nothing: they follow from the run's id, so that a run can be repeated. */
export function localKeypair(run: string, uid: number, window: number): Keypair {
  const seed = createHash("sha256").update(`covey local peer ${run} ${uid}`).digest();
  return keypairFromSeed(seed, randomFrom(`covey local nonces ${run} ${uid} ${window}`));
}

/** Nonces of a local validator; repeatable for the same reason. */
export function localNonces(run: string, uid: number) {
  return (window: number, purpose: string): string =>
    createHash("sha256").update(`covey local ${purpose} ${run} ${uid} ${window}`).digest("hex");
}
