import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import { decodeSubmission } from "../sparseloco/submission.ts";
import type { Moment } from "../swarm/behaviour.ts";
import { objectKeys } from "../swarm/statement/object_keys.ts";

/** What another peer uploaded in a window, as anyone can read it; undefined where nothing usable is there. */
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
