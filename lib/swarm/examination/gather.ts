import { Gate } from "../../async/gate.ts";
import { mapParallel } from "../../async/map_parallel.ts";
import { type Deadline, withDeadline } from "../../async/with_deadline.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
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

/** Options of a gather. */
export interface GatherOptions extends ExamineOptions {
  /** Times within which commitments and uploads count. */
  readonly times: WindowTimes;
  /** Looks up a peer's bucket, as committed on the chain. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Limits the time that a peer's store may take; undefined waits, which suits a local disk. */
  readonly deadline?: Deadline;
}

/** Peers asked at once. */
const PEERS_AT_ONCE = 32;

/**
 * Reads the peers' commitments. Data from one peer can only exclude that peer.
 *
 * @returns One result per peer, ascending by uid.
 */
export async function gatherCommitments(
  peers: readonly Registration[],
  options: GatherOptions,
): Promise<Map<number, Commitment | RefusedError>> {
  return await forEachPeer(peers, options, async (peer, signal) => {
    const bucket = await options.bucketOf(peer.uid);
    if (!bucket) throw new RefusedError("missing", `uid ${peer.uid} has committed no bucket`);
    const place = ownPlace(bucket, options.context.window, peer.uid);
    return await examineCommitment(place, peer, { ...options, signal });
  });
}

/**
 * Reads the submissions that some of the peers have committed to. For the others, only a missing or refused
 * commitment is reported.
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
  return await forEachPeer(told, options, async ({ uid }, signal) => {
    const commitment = commitments.get(uid)!;
    if (commitment instanceof RefusedError) throw commitment;
    const bucket = await options.bucketOf(uid);
    if (!bucket) throw new RefusedError("missing", `uid ${uid} no longer has a committed bucket`);
    const place = ownPlace(bucket, options.context.window, uid);
    return await examineSubmission(place, commitment, { ...options, signal });
  });
}

/** A store that is slow costs its own peer alone: the reads of a peer end at the deadline. */
async function forEachPeer<Value>(
  peers: readonly Registration[],
  { deadline, signal }: GatherOptions,
  task: (peer: Registration, signal: AbortSignal) => Promise<Value>,
): Promise<Map<number, Value | RefusedError>> {
  const ascending = [...peers].sort((a, b) => a.uid - b.uid);
  const late = () => new RefusedError("unreadable", "the store took too long");
  const results = await mapParallel(
    ascending,
    (peer, signal) =>
      orRefusal(() =>
        deadline
          ? withDeadline((signal) => task(peer, signal), deadline, late, signal)
          : task(peer, signal)
      ),
    { gate: new Gate(PEERS_AT_ONCE), signal },
  );
  return new Map(ascending.map(({ uid }, i) => [uid, results[i]]));
}
