/**
 * Takes an outer step (plain SGD): theta <- theta - rate x average, rounded once. A tensor that would
 * become non-finite is left unchanged.
 *
 * @param parameters theta, row-major; updated in place.
 * @param average Result of `aggregate`.
 * @param rate Outer learning rate.
 * @returns Whether the step was taken.
 */
export function outerStep(
  parameters: Float32Array,
  average: Float64Array,
  rate: number,
): boolean {
  for (let i = 0; i < parameters.length; i++) {
    if (!Number.isFinite(Math.fround(parameters[i] - rate * average[i]))) return false;
  }
  for (let i = 0; i < parameters.length; i++) parameters[i] -= rate * average[i];
  return true;
}
