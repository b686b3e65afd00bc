import type { CopyFinding } from "./find_copies.ts";

/** Mean losses of one evaluation, nats a token, and what follows from them. */
export interface Evaluation {
  /** Mean loss on the peer's own sequences under the state that the window began with. */
  readonly ownBefore: number;
  /** The same with a part of the peer's step. */
  readonly ownAfter: number;
  /** Mean loss on random sequences before. */
  readonly randomBefore: number;
  /** The same after. */
  readonly randomAfter: number;
  /** How much more the step helps on own data, standard deviations: result of `ownDataExcess`. */
  readonly excess: number;
}

/** What was seen of one peer in one window: all that its score is made of, besides what is remembered. */
export interface PeerObservation {
  /** Number on the chain. */
  readonly uid: number;
  /** Key that holds it. */
  readonly hotkey: string;
  /** Whether its submission was to count: aggregated, in reserve, or neither. */
  readonly role: "gather" | "reserve" | "none";
  /** Whether the peer was chosen to be evaluated. */
  readonly chosen: boolean;
  /** Whether its submission was aggregated. */
  readonly accepted: boolean;
  /** Named rule that its submission broke, and what was met; undefined for a valid one or one not fetched. */
  readonly refused?: { readonly reason: string; readonly detail: string };
  /** Norm of the submission, for a valid one. */
  readonly norm?: number;
  /** Present where the submission was evaluated. */
  readonly evaluation?: Evaluation;
  /** Outer steps between its state and the validator's; undefined where it showed nothing. */
  readonly stepsBehind?: number;
  /** Worst overlap with another peer's submission. */
  readonly copy?: Omit<CopyFinding, "uid">;
}

/** What a validator saw in one window. */
export interface WindowObservation {
  /** Number of the window. */
  readonly window: number;
  /** Peers, ascending by uid. */
  readonly peers: readonly PeerObservation[];
  /** Typical change of an element in this window's outer step, by tensor; empty where none was taken. */
  readonly changes: readonly number[];
}
