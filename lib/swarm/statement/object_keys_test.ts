import assert from "node:assert/strict";
import { objectKeys, WINDOW_FOLDERS, windowPrefix } from "./object_keys.ts";

Deno.test("object keys sort by window and lie in folders that are cleaned up", () => {
  for (const keyOf of Object.values(objectKeys)) {
    const keys = [9, 10, 99_999_999].map((window) => keyOf(window, 3));
    assert.deepEqual([...keys].sort(), keys);
    const [folder] = keys[0].split("/");
    assert.ok(WINDOW_FOLDERS.includes(folder), folder);
    assert.ok(keys[0].startsWith(windowPrefix(folder, 9)));
  }
  assert.equal(new Set(Object.values(objectKeys).map((keyOf) => keyOf(1, 2))).size, 7);
});
