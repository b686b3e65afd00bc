import type { ParameterValues } from "../tensor/parameter_values.ts";

/** Measures parameters on samples of the run's text. */
export interface Evaluator {
  /**
   * Loss of each sample, nats a token, in the order given. The same call gives the same bits on the same
   * machine.
   *
   * @param samples Indices of samples of the corpus.
   */
  losses(parameters: ParameterValues, samples: ArrayLike<number>): Promise<Float64Array>;
}
