import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Snapshot } from "./store/state_store.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";
import type { Learner, Optimizer } from "./learner.ts";

/** State that a peer carries from one window to the next. */
export interface PeerState {
  /** Next window to train. */
  window: number;
  /** Consensus parameters. */
  parameters: ParameterValues;
  /** Undefined before the first window. */
  optimizer: Optimizer | undefined;
  /** Residual not sent yet, by tensor. */
  errorFeedback: ParameterValues;
}

/** Returns the state before the first window: the given parameters and a zero error feedback. */
export function freshState(shapes: readonly TensorShape[], parameters: ParameterValues): PeerState {
  const errorFeedback: ParameterValues = new Map();
  const copy: ParameterValues = new Map();
  for (const { name } of shapes) {
    copy.set(name, parameters.get(name)!.slice());
    errorFeedback.set(name, new Float32Array(parameters.get(name)!.length));
  }
  return { window: 0, parameters: copy, optimizer: undefined, errorFeedback };
}

/** Converts a peer's state to a snapshot. */
export async function peerSnapshot(
  { window, parameters, optimizer, errorFeedback }: PeerState,
): Promise<Snapshot> {
  const read = await optimizer?.read();
  const moments: Record<string, ParameterValues> = read
    ? { first_moment: read.first, second_moment: read.second }
    : {};
  return {
    window,
    parts: { parameters, error_feedback: errorFeedback, ...moments },
    facts: { optimizer_steps: String(read?.steps ?? 0) },
  };
}

/** Restores a peer's state from a snapshot. */
export function peerStateOf(
  { window, parts, facts }: Snapshot,
  learner: Pick<Learner, "optimizer">,
): PeerState {
  const { parameters, error_feedback, first_moment, second_moment } = parts;
  const optimizer = first_moment && second_moment
    ? learner.optimizer({
      first: first_moment,
      second: second_moment,
      steps: Number(facts.optimizer_steps),
    })
    : undefined;
  return { window, parameters, errorFeedback: error_feedback, optimizer };
}
