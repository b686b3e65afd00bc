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

/** What fetching needs to know. */
export interface FetchAcceptedOptions
  extends Pick<ExamineOptions, "context" | "signal" | "verify"> {
  /** All keys of the chain. */
  readonly registrations: readonly Registration[];
  /** Bucket of any node. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Bucket of the validator whose verdict it is; it has copies. */
  readonly leaderBucket: Bucket;
}

/** Submissions fetched at once. */
const FETCHED_AT_ONCE = 32;

/**
 * Fetches the submissions of a verdict, from the peers themselves or, where those serve other bytes by now,
 * from the validator's copies. Signature, hash and format are checked again: a verdict can leave submissions
 * out, but cannot make one up.
 *
 * @returns Ascending by uid.
 * @throws BucketUnavailableError when nobody has the bytes that the verdict names, for now.
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
