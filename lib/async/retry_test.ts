import assert from "node:assert/strict";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import { retry } from "./retry.ts";

/** A task that fails so often with errors that say which attempt it was. */
function failing(times: number) {
  let tried = 0;
  return () =>
    ++tried > times ? Promise.resolve(tried) : Promise.reject(new RangeError(`attempt ${tried}`));
}

Deno.test("retry waits as its policy says, and gives the result", async () => {
  const clock = new LockstepClock(0, 1);
  const pauseMs = (_: unknown, tried: number) => 100 * tried;
  assert.equal(await retry(failing(3), { clock, pauseMs }), 4);
  assert.equal(clock.nowMs(), 100 + 200 + 300);
});

Deno.test("retry throws the last error when its policy gives up", async () => {
  const clock = new LockstepClock(0, 1);
  const pauseMs = (_: unknown, tried: number) => (tried < 2 ? 5 : undefined);
  await assert.rejects(() => retry(failing(9), { clock, pauseMs }), { message: "attempt 2" });
  assert.equal(clock.nowMs(), 5);
});

Deno.test("retry ends with its signal, in an attempt, in a pause and before the first", async () => {
  const stop = new AbortController();
  const policy = { clock: new LockstepClock(0, 2), signal: stop.signal, pauseMs: () => 1000 };
  const retried = retry(failing(9), policy);
  stop.abort(new Error("stopped"));
  await assert.rejects(retried, { message: "stopped" });
  let begun = false;
  const begin = () => Promise.resolve(begun = true);
  await assert.rejects(() => retry(begin, policy), { message: "stopped" });
  assert.equal(begun, false);
});
