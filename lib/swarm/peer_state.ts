import type { OptimizerState, ParameterValues } from "../llama/trainer.ts";
import type { Learner } from "./learner.ts";
import type { Snapshot } from "./store/state_store.ts";

/** All that a peer carries from one window to the next. */
export interface PeerState {
  /** Window to train next. */
  window: number;
  /** Consensus parameters. */
  parameters: ParameterValues;
  /** AdamW's memory; undefined before the first window. */
  optimizer: OptimizerState | undefined;
  /** What was not sent yet, by tensor. */
  errorFeedback: ParameterValues;
}

/** State before the first window: parameters as given, nothing left unsent. */
export function freshState(tensors: Learner["tensors"], parameters: ParameterValues): PeerState {
  const errorFeedback: ParameterValues = new Map();
  const copy: ParameterValues = new Map();
  for (const { name } of tensors) {
    copy.set(name, parameters.get(name)!.slice());
    errorFeedback.set(name, new Float32Array(parameters.get(name)!.length));
  }
  return { window: 0, parameters: copy, optimizer: undefined, errorFeedback };
}

/** A peer's state as it is saved. */
export function peerSnapshot(
  { window, parameters, optimizer, errorFeedback }: PeerState,
): Snapshot {
  const moments: Record<string, ParameterValues> = optimizer
    ? { first_moment: optimizer.first, second_moment: optimizer.second }
    : {};
  return {
    window,
    parts: { parameters, error_feedback: errorFeedback, ...moments },
    facts: { optimizer_steps: String(optimizer?.steps ?? 0) },
  };
}

/** The state that a snapshot was made from. */
export function peerStateOf({ window, parts, facts }: Snapshot): PeerState {
  const { parameters, error_feedback, first_moment, second_moment } = parts;
  const optimizer = first_moment && second_moment
    ? { first: first_moment, second: second_moment, steps: Number(facts.optimizer_steps) }
    : undefined;
  return { window, parameters, errorFeedback: error_feedback, optimizer };
}
