import type { ParameterValues } from "./parameter_values.ts";

/** AdamW's state between steps. */
export interface OptimizerState {
  /** First moment of every parameter. */
  first: ParameterValues;
  /** Second moment of every parameter. */
  second: ParameterValues;
  /** Steps taken. */
  steps: number;
}
