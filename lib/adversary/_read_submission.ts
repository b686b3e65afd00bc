import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import { decodeSubmission } from "../sparseloco/submission.ts";
import type { Moment } from "../swarm/behaviour.ts";
import { objectKeys } from "../swarm/statement/object_keys.ts";

/**
 * Reads another peer's submission of a window from its public bucket; undefined if there is no usable one.
 */
export async function readSubmission(
  { bucketOf, context }: Moment,
  uid: number,
  window: number,
): Promise<CompressedTensor[] | undefined> {
  try {
    const bucket = await bucketOf(uid);
    const { bytes } = await bucket!.get(objectKeys.submission(window, uid));
    return decodeSubmission({ ...context, uid, window }, bytes);
  } catch {
    return undefined;
  }
}
