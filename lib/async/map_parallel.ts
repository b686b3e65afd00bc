import type { Gate } from "./gate.ts";

/**
 * Maps items by an asynchronous function, as many at once as the gate admits. The first error aborts the
 * others and is thrown once all of them have ended, so that nothing is left running.
 *
 * @param body Has to end when its signal aborts.
 * @returns Results in the order of the items.
 *
 * @example
 * ```ts
 * import { Gate } from "./gate.ts";
 * import { mapParallel } from "./map_parallel.ts";
 * import assert from "node:assert/strict";
 *
 * const double = (value: number) => Promise.resolve(2 * value);
 * assert.deepEqual(await mapParallel([1, 2, 3], double, { gate: new Gate(2) }), [2, 4, 6]);
 * ```
 */
export async function mapParallel<Item, Value>(
  items: readonly Item[],
  body: (item: Item, signal: AbortSignal) => Promise<Value>,
  { gate, signal }: { readonly gate: Gate; readonly signal?: AbortSignal | undefined },
): Promise<Value[]> {
  const failed = new AbortController();
  const ends = AbortSignal.any([...(signal ? [signal] : []), failed.signal]);
  const results = new Array<Value>(items.length);
  const run = async (item: Item, i: number) => {
    try {
      ends.throwIfAborted();
      results[i] = await body(item, ends);
    } catch (cause) {
      // Before its place is free: the next in the queue must not begin.
      failed.abort(cause);
    }
  };
  await Promise.allSettled(items.map((item, i) => gate.pass(() => run(item, i), ends)));
  ends.throwIfAborted();
  return results;
}
