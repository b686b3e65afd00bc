import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Found } from "./examination.ts";
import {
  type Commitment,
  examineCommitment,
  type ExamineOptions,
  examineSubmission,
  orRefusal,
  ownPlace,
} from "./examine_submission.ts";
import type { WindowTimes } from "../window_clock.ts";

/** What a gather needs to know. */
export interface GatherOptions extends ExamineOptions {
  /** When commitments and uploads count. */
  readonly times: WindowTimes;
  /** Bucket of a peer, as committed on the chain. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
}

/** Peers asked at the same time. */
const PEERS_AT_ONCE = 8;

/**
 * Reads what peers have committed to. Whatever one peer sends can only exclude that peer.
 *
 * @returns One result a peer, ascending by uid.
 */
export async function gatherCommitments(
  peers: readonly Registration[],
  options: GatherOptions,
): Promise<Map<number, Commitment | RefusedError>> {
  return await forEachPeer(peers, async (peer) => {
    const bucket = await options.bucketOf(peer.uid);
    if (!bucket) throw new RefusedError("missing", `uid ${peer.uid} has committed no bucket`);
    const place = ownPlace(bucket, options.context.window, peer.uid);
    return await examineCommitment(place, peer, options);
  });
}

/**
 * Reads the submissions that some of the peers have committed to. Of the others only a missing or refused
 * commitment is told.
 *
 * @param wanted Uids whose submissions are fetched.
 */
export async function gatherSubmissions(
  peers: readonly Registration[],
  commitments: ReadonlyMap<number, Commitment | RefusedError>,
  wanted: readonly number[],
  options: GatherOptions,
): Promise<Map<number, Found>> {
  const told = peers.filter(({ uid }) =>
    wanted.includes(uid) || commitments.get(uid) instanceof RefusedError
  );
  return await forEachPeer(told, async ({ uid }) => {
    const commitment = commitments.get(uid)!;
    if (commitment instanceof RefusedError) throw commitment;
    const bucket = await options.bucketOf(uid);
    return await examineSubmission(
      ownPlace(bucket!, options.context.window, uid),
      commitment,
      options,
    );
  });
}

async function forEachPeer<Value>(
  peers: readonly Registration[],
  task: (peer: Registration) => Promise<Value>,
): Promise<Map<number, Value | RefusedError>> {
  const ascending = [...peers].sort((a, b) => a.uid - b.uid);
  const results = new Map<number, Value | RefusedError>();
  for (let at = 0; at < ascending.length; at += PEERS_AT_ONCE) {
    const group = ascending.slice(at, at + PEERS_AT_ONCE);
    const found = await Promise.all(group.map((peer) => orRefusal(() => task(peer))));
    group.forEach(({ uid }, i) => results.set(uid, found[i]));
  }
  return results;
}
