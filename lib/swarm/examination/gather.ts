import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import type { Clock } from "../../clock/clock.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Found } from "./found.ts";
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
  /** Ends a peer's part when its store takes too long; undefined waits, which suits a local disk. */
  readonly deadline?: Deadline;
}

/** Until when one may wait. */
export interface Deadline {
  /** Time. */
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
}

/** Peers asked at the same time. */
const PEERS_AT_ONCE = 32;

/**
 * Reads what peers have committed to. Whatever one peer sends can only exclude that peer.
 *
 * @returns One result a peer, ascending by uid.
 */
export async function gatherCommitments(
  peers: readonly Registration[],
  options: GatherOptions,
): Promise<Map<number, Commitment | RefusedError>> {
  return await forEachPeer(peers, options, async (peer) => {
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
  return await forEachPeer(told, options, async ({ uid }) => {
    const commitment = commitments.get(uid)!;
    if (commitment instanceof RefusedError) throw commitment;
    const bucket = await options.bucketOf(uid);
    if (!bucket) throw new RefusedError("missing", `uid ${uid} has committed no bucket any more`);
    const place = ownPlace(bucket, options.context.window, uid);
    return await examineSubmission(place, commitment, options);
  });
}

async function forEachPeer<Value>(
  peers: readonly Registration[],
  { deadline }: GatherOptions,
  task: (peer: Registration) => Promise<Value>,
): Promise<Map<number, Value | RefusedError>> {
  const ascending = [...peers].sort((a, b) => a.uid - b.uid);
  const results = new Map<number, Value | RefusedError>();
  for (let at = 0; at < ascending.length; at += PEERS_AT_ONCE) {
    const group = ascending.slice(at, at + PEERS_AT_ONCE);
    const found = await Promise.all(
      group.map((peer) => orRefusal(() => beforeDeadline(() => task(peer), deadline))),
    );
    group.forEach(({ uid }, i) => results.set(uid, found[i]));
  }
  return results;
}

/** One peer's slow store must not make the verdict late for all. */
async function beforeDeadline<Value>(
  task: () => Promise<Value>,
  deadline: Deadline | undefined,
): Promise<Value> {
  if (!deadline) return await task();
  const { clock, untilMs } = deadline;
  const late = clock.sleepUntil(untilMs).then(() => {
    throw new RefusedError("unreadable", "the store took too long");
  });
  late.catch(() => {});
  return await Promise.race([task(), late]);
}
