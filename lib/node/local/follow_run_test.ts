import assert from "node:assert/strict";
import { openTestRun } from "../../../testing/open_test_run.ts";
import { runTestSwarm } from "../../../testing/swarm_run.ts";
import { withDirectory } from "../../../testing/with_directory.ts";
import { SystemClock } from "../../clock/system_clock.ts";
import type { SwarmEvent } from "../../swarm/swarm_event.ts";
import { followRun } from "./follow_run.ts";

/** Follows a run until all windows are scored; returns the windows scored. */
async function follow(directory: string): Promise<number[]> {
  using run = openTestRun(directory);
  const events: SwarmEvent[] = [];
  await followRun({
    ...run,
    directory,
    clock: new SystemClock(),
    emit: (event) => events.push(event),
    stopwatch: () => 0,
    isOver: () => true,
  });
  return events.flatMap((each) => each.event === "scored" ? [each.window] : []);
}

Deno.test("a follower scores every window, sets weights and resumes where it stopped", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 3);
    assert.deepEqual(await follow(directory), [0, 1, 2]);
    assert.deepEqual(await follow(directory), []);
    await runTestSwarm(directory, 6);
    assert.deepEqual(await follow(directory), [3, 4, 5]);
    using run = openTestRun(directory);
    const { chain } = run;
    const [leader, follower] = await Promise.all([chain.weights(3), chain.weights(4)]);
    assert.ok(leader.length > 0 && follower.length > 0);
    assert.ok((await chain.weightsBlock(4) ?? 0) >= 120);
  });
});
