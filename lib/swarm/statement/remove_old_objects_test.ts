import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { VirtualClock } from "../../clock/virtual_clock.ts";
import { objectKeys } from "./object_keys.ts";
import { removeOldObjects } from "./remove_old_objects.ts";

async function leftOf(retained: number | undefined, windows: number): Promise<number[]> {
  const bucket = new MemoryBucket(new VirtualClock(0));
  for (let window = 0; window < windows; window++) {
    for (const keyOf of [objectKeys.state, objectKeys.submission, objectKeys.relayedManifest]) {
      await bucket.put(keyOf(window, 1), Uint8Array.of(1));
    }
    await removeOldObjects(bucket, window, retained);
  }
  const keys = (await bucket.list("")).map(({ key }) => Number(key.split("/")[1]));
  return [...new Set(keys)].sort((a, b) => a - b);
}

Deno.test("removeOldObjects keeps the given number of windows, or all", async () => {
  assert.deepEqual(await leftOf(2, 6), [4, 5]);
  assert.deepEqual(await leftOf(undefined, 3), [0, 1, 2]);
  assert.deepEqual(await leftOf(5, 3), [0, 1, 2]);
});
