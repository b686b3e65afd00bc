import { Gate } from "../../async/gate.ts";
import { mapParallel } from "../../async/map_parallel.ts";
import { type Bucket, BucketUnavailableError } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import {
  type ExamineOptions,
  examinePlace,
  ownPlace,
  relayPlace,
  type Submission,
  type SubmissionPlace,
} from "./examine_submission.ts";
import type { Verdict } from "../statement/verdict.ts";

/** Options for fetching. */
export interface FetchAcceptedOptions
  extends Pick<ExamineOptions, "context" | "signal" | "verify"> {
  /** All registrations on the chain. */
  readonly registrations: readonly Registration[];
  /** Looks up a node's bucket. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Bucket of the validator that issued the verdict, with its copies. */
  readonly leaderBucket: Bucket;
}

/** Submissions fetched at once. */
const FETCHED_AT_ONCE = 32;

/**
 * Fetches the submissions of a verdict from the peers or, where those now serve other bytes, from the
 * validator's copies. Signature, hash and format are checked again: a verdict can omit submissions but cannot
 * forge one.
 *
 * @returns Ascending by uid.
 * @throws BucketUnavailableError when no bucket currently has the bytes that the verdict names.
 */
export async function fetchAccepted(
  { accepted }: Pick<Verdict, "accepted">,
  options: FetchAcceptedOptions,
): Promise<Submission[]> {
  const { signal } = options;
  const fetch = (pinned: Verdict["accepted"][number], signal: AbortSignal) =>
    fetchPinned(pinned, { ...options, signal });
  return await mapParallel(accepted, fetch, { gate: new Gate(FETCHED_AT_ONCE), signal });
}

async function fetchPinned(
  { sha256, uid }: Verdict["accepted"][number],
  { bucketOf, context, leaderBucket, registrations, signal, verify }: FetchAcceptedOptions,
): Promise<Submission> {
  const peer = registrations.find((each) => each.uid === uid);
  const bucket = await bucketOf(uid);
  const places: SubmissionPlace[] = [
    ...(bucket ? [ownPlace(bucket, context.window, uid)] : []),
    relayPlace(leaderBucket, context.window, uid),
  ];
  const problems: string[] = [];
  for (const place of peer ? places : []) {
    const found = await examinePlace(place, peer!, { context, signal, verify }, (commitment) => {
      if (commitment.manifest.sha256 === sha256) return commitment;
      throw new RefusedError("wrong-hash", `manifest has ${commitment.manifest.sha256}`);
    });
    if (!(found instanceof RefusedError)) return found;
    problems.push(found.message);
  }
  throw new BucketUnavailableError(
    `Cannot fetch submission ${sha256} of peer ${uid}: ${problems.join("; ") || "no such peer"}`,
  );
}
