import { NEW_STATE } from "../lib/gauntlet/gauntlet_state.ts";
import { simulatedDefinition } from "../lib/simulation/simulated_definition.ts";
import type { WindowInputs } from "../lib/swarm/examination/observe_window.ts";
import { planWindow } from "../lib/swarm/examination/plan_window.ts";
import type { ParameterValues } from "../lib/tensor/parameter_values.ts";
import { testCorpus } from "./swarm_run.ts";

/** Nonce of a test verdict. */
export const TEST_CHALLENGE = "cc".repeat(32);
/** Digest of the state that the test validator ends its window with. */
export const TEST_DIGEST = "aa".repeat(32);

/** Returns a state of one tensor of 256 elements; the window goes from shift 0 to shift 0.5. */
export function testState(shift: number): ParameterValues {
  return new Map([["w", Float32Array.from({ length: 256 }, (_, i) => i + shift)]]);
}

/** Returns the inputs of a window in which peer 7 should count, and nothing was found. */
export function windowInputs(): WindowInputs {
  const definition = simulatedDefinition();
  const trainers = [{ uid: 7, hotkey: "ab", stake: 0, block: 0 }];
  return {
    context: {
      definition,
      shapes: [{ name: "w", dims: [64, 4] }],
      before: testState(0),
      evaluator: { losses: () => Promise.reject(new Error("no peer is evaluated")) },
      corpus: testCorpus(),
      window: 0,
      nonce: TEST_CHALLENGE,
    },
    memory: { state: { ...NEW_STATE, stepSizes: [0.5] }, masks: [] },
    plan: planWindow(NEW_STATE, trainers, definition.gauntlet, TEST_CHALLENGE),
    found: new Map(),
    judged: new Map(),
    outcome: {
      accepted: [],
      after: testState(0.5),
      digest: TEST_DIGEST,
      challenge: TEST_CHALLENGE,
    },
    states: new Map(),
    evaluations: new Map(),
  };
}
