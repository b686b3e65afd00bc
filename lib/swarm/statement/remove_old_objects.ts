import type { Bucket } from "../../bucket/bucket.ts";
import { WINDOW_FOLDERS, windowPrefix } from "./object_keys.ts";

/** Windows checked beyond the retained ones, for objects left by an interrupted removal. */
const LOOK_BACK = 2;

/**
 * Removes a node's objects of windows past retention.
 *
 * @param retained Number of windows to keep, including the newest; undefined keeps all.
 */
export async function removeOldObjects(
  bucket: Bucket,
  window: number,
  retained: number | undefined,
): Promise<void> {
  if (retained === undefined) return;
  for (let old = window - retained; old > window - retained - LOOK_BACK && old >= 0; old--) {
    for (const folder of WINDOW_FOLDERS) {
      for (const { key } of await bucket.list(windowPrefix(folder, old))) await bucket.delete(key);
    }
  }
}
