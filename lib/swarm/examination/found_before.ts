import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Found } from "./found.ts";
import { type ExamineOptions, examinePlace, relayPlace } from "./examine_submission.ts";

/**
 * Restores the examination results that a verdict was based on from the validator's copies, after a restart.
 * Submissions that arrived since do not count; submissions removed since still count.
 *
 * @param live Current examination results.
 * @param bucket Bucket of the validator.
 */
export async function foundBefore(
  live: ReadonlyMap<number, Found>,
  trainers: readonly Registration[],
  bucket: Bucket,
  { context, verify }: Pick<ExamineOptions, "context" | "verify">,
): Promise<Map<number, Found>> {
  const before = new Map<number, Found>();
  for (const [uid, now] of live) {
    const peer = trainers.find((each) => each.uid === uid)!;
    const place = relayPlace(bucket, context.window, uid);
    const copy = await examinePlace(place, peer, { context, verify }, (commitment) => {
      const { committedMs } = now instanceof RefusedError ? commitment : now.commitment;
      return { ...commitment, committedMs };
    });
    if (!(copy instanceof RefusedError)) before.set(uid, copy);
    else if (now instanceof RefusedError) before.set(uid, now);
    else before.set(uid, new RefusedError("missing", "absent when the verdict was made"));
  }
  return before;
}
