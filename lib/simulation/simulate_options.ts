import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Learner } from "../swarm/learner.ts";
import type { Scenario } from "./scenario.ts";
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { Corpus } from "../corpus/corpus.ts";
import type { Evaluator } from "../swarm/evaluator.ts";
import type { RunDefinition } from "../swarm/run_definition.ts";
/** Options of a simulation, besides its seed. */
export interface SimulateOptions {
  /** Scenario to simulate; derived from the seed when left out. */
  readonly scenario?: Scenario;
  /** Called with every event. */
  readonly trace?: (timeMs: number, event: SwarmEvent) => void;
  /** Model to train instead of the quadratic one. */
  readonly model?: {
    readonly definition: RunDefinition;
    readonly corpus: Corpus;
    readonly learner: Learner;
    readonly evaluator: Evaluator;
    readonly initialParameters: ParameterValues;
  };
}
