import type { Bucket } from "../../bucket/bucket.ts";
import { WINDOW_FOLDERS, windowPrefix } from "./object_keys.ts";

/** Windows looked back beyond the retained ones, for objects that an interrupted removal has left. */
const LOOK_BACK = 2;

/**
 * Removes a node's objects of windows past retention.
 *
 * @param retained Windows to keep, the newest included; undefined keeps all.
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
