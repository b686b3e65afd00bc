import { InputError } from "../../input/input_error.ts";
import type { StateStore } from "../../swarm/store/state_store.ts";

/**
 * Returns the latest window for which every node has a state; 0 for a new swarm.
 *
 * @throws InputError when a node's states are gone: starting over would destroy the others'.
 */
export async function commonWindow(stores: readonly StateStore[]): Promise<number> {
  const windows = await Promise.all(stores.map((store) => store.windows()));
  const common = (windows[0] ?? []).filter((window) =>
    windows.every((list) => list.includes(window))
  );
  const latest = Math.max(0, ...windows.flat());
  if (common.length > 0) return common.at(-1)!;
  if (latest <= 1) return 0;
  const states = stores.map(({ directory }, uid) =>
    `${directory} has ${windows[uid].join(", ") || "none"}`
  );
  throw new InputError(
    `Cannot resume swarm: its peers have no window in common: ${states.join("; ")}`,
  );
}
