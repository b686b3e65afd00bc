import type { ParameterValues } from "../tensor/parameter_values.ts";

/**
 * Computes the pseudo-gradient: parameters before the inner steps minus after, positive where they shrink.
 *
 * @param after Overwritten by the result, which saves a copy of the model.
 */
export function pseudoGradient(before: ParameterValues, after: ParameterValues): ParameterValues {
  for (const [name, values] of after) {
    const start = before.get(name)!;
    for (let i = 0; i < values.length; i++) values[i] = start[i] - values[i];
  }
  return after;
}
