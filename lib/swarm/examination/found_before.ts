import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Found } from "./examination.ts";
import {
  examineCommitment,
  type ExamineOptions,
  examineSubmission,
  orRefusal,
  relayPlace,
} from "./examine_submission.ts";

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
    const copy = await orRefusal(async () => {
      const commitment = await examineCommitment(place, peer, { context, verify });
      const { committedMs } = now instanceof RefusedError ? commitment : now.commitment;
      return await examineSubmission(place, { ...commitment, committedMs }, { context, verify });
    });
    if (!(copy instanceof RefusedError)) before.set(uid, copy);
    else if (now instanceof RefusedError) before.set(uid, now);
    else before.set(uid, new RefusedError("missing", "it was not there when the verdict was made"));
  }
  return before;
}
