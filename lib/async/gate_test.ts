import assert from "node:assert/strict";
import { Gate } from "./gate.ts";

/** A gate with tasks that end when told to, and the names of those that have begun. */
function scene(places: number) {
  const gate = new Gate(places);
  const begun: string[] = [];
  const begin = (name: string, signal?: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const passed = gate.pass(() => {
      begun.push(name);
      return promise;
    }, signal);
    return { end: resolve, passed };
  };
  return { begin, begun };
}

/** Lets everything that can happen now happen. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("Gate runs at most a given number of tasks at once, the others in order", async () => {
  const { begin, begun } = scene(2);
  const tasks = ["a", "b", "c", "d"].map((name) => begin(name));
  await settle();
  assert.deepEqual(begun, ["a", "b"]);
  tasks[1].end();
  await tasks[1].passed;
  await settle();
  assert.deepEqual(begun, ["a", "b", "c"]);
  for (const { end } of tasks) end();
  await Promise.all(tasks.map(({ passed }) => passed));
  assert.deepEqual(begun, ["a", "b", "c", "d"]);
});

Deno.test("Gate frees the place of a task that fails", async () => {
  const gate = new Gate(1);
  await assert.rejects(() => gate.pass(() => Promise.reject(new RangeError("no"))), RangeError);
  assert.equal(await gate.pass(() => Promise.resolve(3)), 3);
});

Deno.test("Gate lets a queued task leave with its signal, and nobody else lose a turn", async () => {
  const { begin, begun } = scene(1);
  const leaving = new AbortController();
  const first = begin("first");
  const second = begin("second", leaving.signal);
  const third = begin("third");
  leaving.abort(new RangeError("left"));
  await assert.rejects(second.passed, { message: "left" });
  first.end();
  third.end();
  await third.passed;
  assert.deepEqual(begun, ["first", "third"]);
});

Deno.test("Gate frees a place once, however often it is left", async () => {
  const gate = new Gate(1);
  const leave = await gate.enter();
  leave();
  leave();
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = gate.pass(() => promise);
  let entered = false;
  const waiting = gate.enter().then((leave) => {
    entered = true;
    leave();
  });
  await settle();
  assert.equal(entered, false);
  resolve();
  await Promise.all([held, waiting]);
});
