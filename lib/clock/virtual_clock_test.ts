import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import { FrozenClock } from "./frozen_clock.ts";
import { VirtualClock } from "./virtual_clock.ts";

Deno.test("VirtualClock wakes sleepers by time, then in order of their requests", async () => {
  const clock = new VirtualClock(1000);
  const random = new SeededRandom(1n);
  const woken: number[] = [];
  const times = Array.from({ length: 200 }, () => 1001 + Math.floor(random.uniform() * 50));
  times.forEach((timeMs, index) =>
    clock.sleepUntil(timeMs).then(() => {
      assert.equal(clock.nowMs(), timeMs);
      woken.push(index);
    })
  );
  assert.ok(await clock.run(() => woken.length === 200, 2000));
  const wanted = times.map((_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
  assert.deepEqual(woken, wanted);
});

Deno.test("VirtualClock stands still while work is done elsewhere", async () => {
  const clock = new VirtualClock(0);
  const work = Promise.withResolvers<void>();
  let doneMs = -1;
  clock.during(() => work.promise).then(() => doneMs = clock.nowMs());
  clock.sleepUntil(5).then(() => assert.notEqual(doneMs, -1));
  const running = clock.run(() => clock.nowMs() === 5, 100);
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert.equal(clock.nowMs(), 0);
  work.resolve();
  assert.ok(await running);
  assert.equal(doneMs, 0);
});

Deno.test("VirtualClock.run returns false without sleepers, or at the time limit", async () => {
  const clock = new VirtualClock(0);
  assert.equal(await clock.run(() => false, 100), false);
  (async () => {
    for (;;) await clock.sleepUntil(clock.nowMs() + 10);
  })();
  assert.equal(await clock.run(() => false, 100), false);
  assert.ok(clock.nowMs() >= 100);
});

Deno.test("VirtualClock rejects an aborted sleep", async () => {
  const clock = new VirtualClock(0);
  const stop = new AbortController();
  const sleeping = clock.sleepUntil(10, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(sleeping, /enough/);
});

Deno.test("FrozenClock stays at its set time and refuses to wait", async () => {
  const clock = new FrozenClock();
  clock.set(500);
  assert.equal(clock.nowMs(), 500);
  await clock.sleepUntil(500);
  await assert.rejects(() => clock.sleepUntil(501), /Cannot wait in the past/);
});
