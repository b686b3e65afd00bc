import type { ParameterValues } from "../tensor/parameter_values.ts";

/** Measures the loss of parameters on samples of the run's text. */
export interface Evaluator {
  /**
   * Returns the loss of each sample in nats per token, in the given order. The same call returns the same
   * bits on the same machine.
   *
   * @param samples Sample indices in the corpus.
   */
  losses(parameters: ParameterValues, samples: ArrayLike<number>): Promise<Float64Array>;
}
