import type { MicroBatch } from "../llama/training/gradient_pass.ts";
import type { StepResult } from "../llama/training/trainer.ts";
import type { OptimizerState } from "../tensor/optimizer_state.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/**
 * Optimizer state, opaque to all but its learner, since it may reside on the device. It stays valid
 * regardless of later training.
 */
export interface Optimizer {
  /** Reads the state back to the host, to be saved. */
  read(): Promise<OptimizerState>;
}

/** State of a peer before or after its inner steps. */
export interface LearnerState {
  /** Parameters. */
  readonly parameters: ParameterValues;
  /** Undefined before the first step. */
  readonly optimizer: Optimizer | undefined;
}

/** Input of one inner step. */
export interface InnerStep {
  /** Tokens and targets of the whole batch, [batch, sequence] each. */
  readonly samples: MicroBatch;
  /** Learning rate. */
  readonly learningRate: number;
}

/** Callbacks of a learner during training. */
export interface TrainHooks {
  /** Called when training begins, after any queued calls. */
  onStart(): void;
  /** Called after each step; returning false ends the phase early. */
  onStep(result: StepResult, index: number): boolean;
}

/**
 * Trains a model from one state to another. Peers on one machine take turns with a shared learner.
 */
export interface Learner {
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** Restores an optimizer from a saved state. */
  optimizer(state: OptimizerState): Optimizer;
  /**
   * Takes inner steps. The given state is not modified.
   *
   * @param hooks Callbacks during training.
   */
  train(
    state: LearnerState,
    steps: AsyncIterable<InnerStep>,
    hooks: TrainHooks,
  ): Promise<LearnerState>;
}
