import assert from "node:assert/strict";
import { MemoryStateStore } from "../swarm/store/memory_state_store.ts";
import { type HostedNode, runNode } from "./run_node.ts";

/** Returns a node that counts windows and saves each. */
function counter(store: MemoryStateStore): HostedNode<number> {
  return {
    store,
    fresh: () => 0,
    restore: ({ window }) => window,
    windowOf: (state) => state,
    runWindow: async (state) => {
      await store.save({ window: state + 1, parts: {}, facts: {} });
      return { state: state + 1, agrees: state !== 2 };
    },
  };
}

Deno.test("runNode starts fresh, resumes from a saved state, and ends when its host is done", async () => {
  const store = new MemoryStateStore();
  const told: unknown[] = [];
  const run = (windows: number, from?: number) =>
    runNode(counter(store), {
      initialParameters: new Map(),
      ...(from === undefined ? {} : { from }),
      begins: (window) => window < windows,
      onStart: (state) => {
        told.push(state);
      },
      onWindow: ({ agrees, state }) => {
        told.push([state, agrees]);
      },
    });
  assert.equal(await run(2), 2);
  assert.equal(await run(4), 4);
  assert.deepEqual(told.splice(0), [0, [1, true], [2, true], 2, [3, false], [4, true]]);
  assert.equal(await run(4), 4);
  assert.equal(await run(4, 3), 4);
  assert.deepEqual(told, [4, 3, [4, true]]);
});

Deno.test("an error within a window ends the node and keeps the saved states", async () => {
  const store = new MemoryStateStore();
  const node = counter(store);
  const failing = {
    ...node,
    runWindow: (state: number) =>
      state === 1 ? Promise.reject(new Error("crashed")) : node.runWindow(state),
  };
  const host = { initialParameters: new Map(), begins: () => true };
  await assert.rejects(() => runNode(failing, host), /crashed/);
  assert.deepEqual(await store.windows(), [1]);
});
