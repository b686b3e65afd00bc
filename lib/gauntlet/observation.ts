import type { CopyFinding } from "./find_copies.ts";

/** Mean losses of one evaluation, nats per token, and the statistic derived from them. */
export interface Evaluation {
  /** Mean loss on the peer's own sequences under the window's initial state. */
  readonly ownBefore: number;
  /** Mean loss on them after a fraction of the peer's step. */
  readonly ownAfter: number;
  /** Mean loss on random sequences before the step. */
  readonly randomBefore: number;
  /** Mean loss on random sequences after the same fraction of the step. */
  readonly randomAfter: number;
  /** Excess gain on own data, standard deviations: result of `ownDataExcess`. */
  readonly excess: number;
}

/** Observation of one peer in one window: all inputs of its score besides the stored state. */
export interface PeerObservation {
  /** Number on the chain. */
  readonly uid: number;
  /** Key that holds the uid. */
  readonly hotkey: string;
  /** Role of its submission: to be aggregated, in reserve, or neither. */
  readonly role: "gather" | "reserve" | "none";
  /** Whether the peer was chosen to be evaluated. */
  readonly chosen: boolean;
  /** Whether its submission was aggregated. */
  readonly accepted: boolean;
  /** Name of the rule that its submission broke, and details; undefined if it was valid or not fetched. */
  readonly refused?: { readonly reason: string; readonly detail: string };
  /** Norm of the submission, if valid. */
  readonly norm?: number;
  /** Present if the submission was evaluated. */
  readonly evaluation?: Evaluation;
  /** Outer steps between its state and the validator's; undefined if it showed none. */
  readonly stepsBehind?: number;
  /** Worst overlap with another peer's submission. */
  readonly copy?: Omit<CopyFinding, "uid">;
}

/** A validator's observation of one window. */
export interface WindowObservation {
  /** Number of the window. */
  readonly window: number;
  /** Peers, ascending by uid. */
  readonly peers: readonly PeerObservation[];
  /** Typical change of an element in this window's outer step, by tensor; empty if no step was taken. */
  readonly changes: readonly number[];
}
