import assert from "node:assert/strict";
import { LockstepClock } from "./lockstep_clock.ts";
import { SystemClock } from "./system_clock.ts";

Deno.test("LockstepClock stands still until all participants sleep", async () => {
  const clock = new LockstepClock(0, 2);
  const order: string[] = [];
  const first = async () => {
    await clock.sleepUntil(10);
    order.push(`first at ${clock.nowMs()}`);
    await clock.sleepUntil(30);
    order.push(`first at ${clock.nowMs()}`);
    clock.leave();
  };
  const second = async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve(); // busy, without sleeping
    assert.equal(clock.nowMs(), 0);
    await clock.sleepUntil(20);
    order.push(`second at ${clock.nowMs()}`);
    await clock.sleepUntil(40);
    order.push(`second at ${clock.nowMs()}`);
    clock.leave();
  };
  await Promise.all([first(), second()]);
  assert.deepEqual(order, ["first at 10", "second at 20", "first at 30", "second at 40"]);
});

Deno.test("LockstepClock returns at once for times that have passed", async () => {
  const clock = new LockstepClock(100, 5);
  await clock.sleepUntil(100);
  assert.equal(clock.nowMs(), 100);
});

Deno.test("LockstepClock rejects an aborted sleep", async () => {
  const clock = new LockstepClock(0, 2);
  const stop = new AbortController();
  const sleeping = clock.sleepUntil(10, stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(() => sleeping, /stopped/);
  await assert.rejects(() => clock.sleepUntil(10, stop.signal), /stopped/);
});

Deno.test("LockstepClock continues for the others when one leaves", async () => {
  const clock = new LockstepClock(0, 2);
  const sleeping = clock.sleepUntil(10);
  clock.leave();
  await sleeping;
  assert.equal(clock.nowMs(), 10);
});

Deno.test("SystemClock rejects an aborted sleep and returns at once for past times", async () => {
  const clock = new SystemClock();
  await clock.sleepUntil(0);
  const stop = new AbortController();
  const sleeping = clock.sleepUntil(clock.nowMs() + 1e9, stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(() => sleeping, /stopped/);
});
