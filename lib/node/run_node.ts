import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Snapshot, StateStore } from "../swarm/store/state_store.ts";

/** A peer or a validator, as its host sees it. */
export interface HostedNode<State> {
  /** Where its states are saved. */
  readonly store: StateStore;
  /** State before the first window. */
  fresh(parameters: ParameterValues): State;
  /** State that a snapshot was made from. */
  restore(snapshot: Snapshot): State;
  /** Window that a state does next. */
  windowOf(state: State): number;
  /** Goes through that window and saves the state it ends with. */
  runWindow(state: State): Promise<WindowEnd<State>>;
}

/** What a node ends a window with. */
export interface WindowEnd<State> {
  /** State to go on with. */
  readonly state: State;
  /** Whether no other state has more supporters. */
  readonly agrees: boolean;
}

/** What the host of a node decides. */
export interface NodeHost<State> {
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Window to go on from: 0 for a fresh start; the latest saved when left out. */
  readonly from?: number;
  /** Waits until a window may begin; gives false when the node is done. */
  readonly begins: (window: number) => Promise<boolean> | boolean;
  /** Called with the state that the node starts from. */
  readonly onStart?: (state: State) => Promise<void> | void;
  /** Called after each window. */
  readonly onWindow?: (end: WindowEnd<State>) => Promise<void> | void;
}

/**
 * Runs a node: loads a state or starts fresh, then goes through windows until its host says that it is done.
 * What ends it early (a signal, a crash) ends it between two saved states.
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
