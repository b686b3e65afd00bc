import type { Validator } from "../swarm/validator.ts";
import {
  freshValidatorState,
  type ValidatorState,
  validatorStateOf,
} from "../swarm/validator_state.ts";
import type { HostedNode } from "./run_node.ts";

/** Adapts a validator to `runNode`. It keeps its state, whatever states other nodes publish. */
export function hostedValidator(validator: Validator): HostedNode<ValidatorState> {
  const { shapes, store } = validator.dependencies;
  return {
    store,
    fresh: (parameters) => freshValidatorState(shapes, parameters),
    restore: validatorStateOf,
    windowOf: ({ gauntlet: { window } }) => window,
    runWindow: async (state) => ({ state: await validator.runWindow(state), agrees: true }),
  };
}
