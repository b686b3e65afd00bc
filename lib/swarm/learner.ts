import type { MicroBatch } from "../llama/gradient_pass.ts";
import type { OptimizerState, ParameterValues, StepResult } from "../llama/trainer.ts";

/** What a peer starts and ends its inner steps with. */
export interface LearnerState {
  /** Parameters. */
  readonly parameters: ParameterValues;
  /** AdamW's memory; undefined before the first step. */
  readonly optimizer: OptimizerState | undefined;
}

/** One inner step to take. */
export interface InnerStep {
  /** Micro-batches of the step. */
  readonly batches: MicroBatch[];
  /** Learning rate. */
  readonly learningRate: number;
}

/** What a learner tells while it trains. */
export interface TrainHooks {
  /** The learner's turn has come. */
  onStart(): void;
  /** A step was taken; false ends the phase early. */
  onStep(result: StepResult, index: number): boolean;
}

/** Trains a model from a state to a state. Peers of one machine take turns with one learner. */
export interface Learner {
  /** Tensors of the model in canonical order. */
  readonly tensors: readonly { readonly name: string; readonly dims: readonly number[] }[];
  /**
   * Takes inner steps. The state given stays as it is.
   *
   * @param hooks What is told meanwhile.
   */
  train(
    state: LearnerState,
    steps: Iterable<InnerStep>,
    hooks: TrainHooks,
  ): Promise<LearnerState>;
}
