import assert from "node:assert/strict";
import { Gate } from "./gate.ts";
import { mapParallel } from "./map_parallel.ts";

/** Settles as its signal does, never by itself. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("mapParallel keeps the items' order whatever ends first", async () => {
  const turns = [3, 1, 2];
  const body = async (item: number) => {
    for (let turn = 0; turn < turns[item]; turn++) await Promise.resolve();
    return item * 10;
  };
  assert.deepEqual(await mapParallel([0, 1, 2], body, { gate: new Gate(3) }), [0, 10, 20]);
});

Deno.test("mapParallel throws the first error after it has ended the others", async () => {
  const ended: number[] = [];
  const body = async (item: number, signal: AbortSignal) => {
    if (item === 1) throw new RangeError("item 1");
    await untilAborted(signal).finally(() => ended.push(item));
  };
  const mapped = mapParallel([0, 1, 2, 3], body, { gate: new Gate(3) });
  await assert.rejects(mapped, { name: "RangeError", message: "item 1" });
  assert.deepEqual(ended, [0, 2], "item 3 was never begun");
});

Deno.test("mapParallel ends with its signal", async () => {
  const stop = new AbortController();
  const options = { gate: new Gate(1), signal: stop.signal };
  const mapped = mapParallel([0, 1], (_, signal) => untilAborted(signal), options);
  stop.abort(new Error("stopped"));
  await assert.rejects(mapped, { message: "stopped" });
});
