import assert from "node:assert/strict";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import { SystemClock } from "../clock/system_clock.ts";
import { withDeadline } from "./with_deadline.ts";

const late = () => new RangeError("too late");

Deno.test("withDeadline aborts a task at its deadline", async () => {
  const clock = new LockstepClock(0, 2);
  let sleptUntilMs = 0;
  const task = (signal: AbortSignal) =>
    clock.sleepUntil(500, signal).finally(() => sleptUntilMs = clock.nowMs());
  await assert.rejects(() => withDeadline(task, { clock, untilMs: 300 }, late), {
    message: "too late",
  });
  assert.equal(sleptUntilMs, 300);
});

Deno.test("withDeadline leaves no timer behind a task that is in time", async () => {
  const clock = new SystemClock();
  const deadline = { clock, untilMs: clock.nowMs() + 3_600_000 };
  assert.equal(await withDeadline(() => Promise.resolve(7), deadline, late), 7);
});

Deno.test("withDeadline ends a task with the caller's signal too", async () => {
  const clock = new LockstepClock(0, 3);
  const stop = new AbortController();
  const task = (signal: AbortSignal) => clock.sleepUntil(500, signal);
  const ended = withDeadline(task, { clock, untilMs: 300 }, late, stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(ended, { message: "stopped" });
});
