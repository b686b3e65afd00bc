import { type GauntletState, NEW_STATE } from "../gauntlet/gauntlet_state.ts";
import type { MaskedSubmission } from "../gauntlet/find_copies.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Snapshot } from "./store/state_store.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** All that a validator carries from one window to the next. */
export interface ValidatorState {
  /** Consensus parameters. */
  readonly parameters: ParameterValues;
  /** Memory of the scores, and the window to do next. */
  readonly gauntlet: GauntletState;
  /** Submissions examined in the window before, pinned to the validator's own copies. */
  readonly examined: readonly { readonly uid: number; readonly sha256: string }[];
  /** Their masks; undefined after a restart, when they are made again from the copies. */
  readonly masks?: readonly MaskedSubmission[];
}

/** State before the first window. */
export function freshValidatorState(
  shapes: readonly TensorShape[],
  parameters: ParameterValues,
): ValidatorState {
  const copy = new Map(shapes.map(({ name }) => [name, parameters.get(name)!.slice()]));
  return { parameters: copy, gauntlet: NEW_STATE, examined: [], masks: [] };
}

/** A validator's state as it is saved, whole. */
export function validatorSnapshot(
  { examined, gauntlet, parameters }: ValidatorState,
): Snapshot {
  return {
    window: gauntlet.window,
    parts: { parameters },
    facts: { gauntlet: JSON.stringify(gauntlet), examined: JSON.stringify(examined) },
  };
}

/** The state that a snapshot was made from. */
export function validatorStateOf({ facts, parts }: Snapshot): ValidatorState {
  return {
    parameters: parts.parameters,
    gauntlet: JSON.parse(facts.gauntlet),
    examined: JSON.parse(facts.examined),
  };
}
