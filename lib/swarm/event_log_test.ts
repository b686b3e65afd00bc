import assert from "node:assert/strict";
import { join } from "node:path";
import { EventLog, readEvents } from "./event_log.ts";
import { withDirectory } from "../../testing/with_directory.ts";

Deno.test("EventLog appends, and removes a last line truncated by a crash", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "events.jsonl");
    assert.deepEqual(readEvents(path), []);
    for (const window of [1, 2]) {
      using log = new EventLog(path, () => 0);
      log.write({ event: "resumed", window });
    }
    await Deno.writeTextFile(path, '{"event":"resu', { append: true });
    assert.equal(readEvents(path).length, 2);
    {
      using log = new EventLog(path, () => 0);
      assert.match(
        log.write({ event: "resumed", window: 3 }),
        /^\{"time":"1970-01-01T00:00:00.000Z"/,
      );
    }
    assert.deepEqual(
      readEvents(path).map((event) => event.event === "resumed" && event.window),
      [1, 2, 3],
    );
    assert.ok(
      (await Deno.readTextFile(path)).split("\n").every((line) => line === "" || JSON.parse(line)),
    );
  });
});
