import { type GauntletState, NEW_STATE } from "../gauntlet/gauntlet_state.ts";
import type { MaskedSubmission } from "../gauntlet/find_copies.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Snapshot } from "./store/state_store.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** State that a validator carries from one window to the next. */
export interface ValidatorState {
  /** Consensus parameters. */
  readonly parameters: ParameterValues;
  /** Scoring state, including the next window. */
  readonly gauntlet: GauntletState;
  /** Submissions examined in the previous window, pinned to the validator's copies. */
  readonly examined: readonly { readonly uid: number; readonly sha256: string }[];
  /** Their masks; undefined after a restart, when they are rebuilt from the copies. */
  readonly masks?: readonly MaskedSubmission[];
}

/** Returns the state before the first window. */
export function freshValidatorState(
  shapes: readonly TensorShape[],
  parameters: ParameterValues,
): ValidatorState {
  const copy = new Map(shapes.map(({ name }) => [name, parameters.get(name)!.slice()]));
  return { parameters: copy, gauntlet: NEW_STATE, examined: [], masks: [] };
}

/** Converts a validator's state to a snapshot. */
export function validatorSnapshot(
  { examined, gauntlet, parameters }: ValidatorState,
): Snapshot {
  return {
    window: gauntlet.window,
    parts: { parameters },
    facts: { gauntlet: JSON.stringify(gauntlet), examined: JSON.stringify(examined) },
  };
}

/** Restores a validator's state from a snapshot. */
export function validatorStateOf({ facts, parts }: Snapshot): ValidatorState {
  return {
    parameters: parts.parameters,
    gauntlet: JSON.parse(facts.gauntlet),
    examined: JSON.parse(facts.examined),
  };
}
