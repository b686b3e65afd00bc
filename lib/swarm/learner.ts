import type { MicroBatch } from "../llama/training/gradient_pass.ts";
import type { StepResult } from "../llama/training/trainer.ts";
import type { OptimizerState } from "../tensor/optimizer_state.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/**
 * An optimizer's state, which only its learner can look into: it may lie on the device. It stays valid
 * whatever is trained after it.
 */
export interface Optimizer {
  /** Reads it back to the host, to be saved. */
  read(): Promise<OptimizerState>;
}

/** What a peer starts and ends its inner steps with. */
export interface LearnerState {
  /** Parameters. */
  readonly parameters: ParameterValues;
  /** Undefined before the first step. */
  readonly optimizer: Optimizer | undefined;
}

/** One inner step to take. */
export interface InnerStep {
  /** Tokens and targets of the whole batch, [batch, sequence] each. */
  readonly samples: MicroBatch;
  /** Learning rate. */
  readonly learningRate: number;
}

/** What a learner reports while it trains. */
export interface TrainHooks {
  /** The learner's turn has come. */
  onStart(): void;
  /** A step was taken; false ends the phase early. */
  onStep(result: StepResult, index: number): boolean;
}

/** Trains a model from a state to a state. Peers of one machine take turns with one learner. */
export interface Learner {
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** An optimizer with a state that was saved. */
  optimizer(state: OptimizerState): Optimizer;
  /**
   * Takes inner steps. The state given stays as it is.
   *
   * @param hooks What is reported meanwhile.
   */
  train(
    state: LearnerState,
    steps: AsyncIterable<InnerStep>,
    hooks: TrainHooks,
  ): Promise<LearnerState>;
}
