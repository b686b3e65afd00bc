import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Found } from "./found.ts";
import { type ExamineOptions, examinePlace, relayPlace } from "./examine_submission.ts";

/**
 * What was found when a verdict was made, from the validator's copies; after a restart. What came since does
 * not count, and what is gone since counts still.
 *
 * @param live What is found now.
 * @param bucket The validator's own.
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
    else before.set(uid, new RefusedError("missing", "it was not there when the verdict was made"));
  }
  return before;
}
