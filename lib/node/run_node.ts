import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Snapshot, StateStore } from "../swarm/store/state_store.ts";

/** Interface of a peer or a validator to its host. */
export interface HostedNode<State> {
  /** Store of its states. */
  readonly store: StateStore;
  /** Returns the state before the first window. */
  fresh(parameters: ParameterValues): State;
  /** Restores the state from a snapshot. */
  restore(snapshot: Snapshot): State;
  /** Returns the next window of a state. */
  windowOf(state: State): number;
  /** Runs that window and saves the resulting state. */
  runWindow(state: State): Promise<WindowEnd<State>>;
}

/** Result of a node's window. */
export interface WindowEnd<State> {
  /** State to continue from. */
  readonly state: State;
  /** Whether no other state has more supporters. */
  readonly agrees: boolean;
}

/** Settings and callbacks of a node's host. */
export interface NodeHost<State> {
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Window to resume from: 0 for a fresh start; defaults to the latest saved one. */
  readonly from?: number;
  /** Waits until a window may begin; returns false when the node is done. */
  readonly begins: (window: number) => Promise<boolean> | boolean;
  /** Called with the state that the node starts from. */
  readonly onStart?: (state: State) => Promise<void> | void;
  /** Called after each window. */
  readonly onWindow?: (end: WindowEnd<State>) => Promise<void> | void;
}

/**
 * Runs a node: loads a state or starts fresh, then runs windows until its host reports that it is done. An
 * early end (a signal, a crash) falls between two saved states.
 *
 * @returns The state after the last window.
 */
export async function runNode<State>(
  node: HostedNode<State>,
  host: NodeHost<State>,
): Promise<State> {
  const from = host.from ?? (await node.store.windows()).at(-1) ?? 0;
  let state = from > 0
    ? node.restore(await node.store.load(from))
    : node.fresh(host.initialParameters);
  await host.onStart?.(state);
  while (await host.begins(node.windowOf(state))) {
    const end = await node.runWindow(state);
    state = end.state;
    await host.onWindow?.(end);
  }
  return state;
}
