import type { Bucket } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import { indexMask } from "../../gauntlet/index_overlap.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { type ExamineOptions, examinePlace, relayPlace } from "./examine_submission.ts";

/**
 * Computes the masks of submissions from a validator's copies, for copy detection in the next window. Damaged
 * or missing copies are skipped.
 */
export async function masksOfCopies(
  examined: readonly { readonly uid: number }[],
  registrations: readonly Registration[],
  bucket: Bucket,
  options: Pick<ExamineOptions, "context" | "verify">,
): Promise<{ uid: number; mask: Uint32Array }[]> {
  const masks: { uid: number; mask: Uint32Array }[] = [];
  for (const { uid } of examined) {
    const peer = registrations.find((each) => each.uid === uid);
    if (!peer) continue;
    const place = relayPlace(bucket, options.context.window, uid);
    const found = await examinePlace(place, peer, options);
    if (!(found instanceof RefusedError)) masks.push({ uid, mask: indexMask(found.tensors) });
  }
  return masks;
}
