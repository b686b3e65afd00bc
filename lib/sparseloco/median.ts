/** Median; of an even count the lower of the middle two. The reference's convention for norms. */
export function lowerMedian(values: readonly number[]): number {
  return ascending(values)[(values.length - 1) >> 1];
}

/** Median; of an even count the upper of the middle two. */
export function upperMedian(values: readonly number[]): number {
  return ascending(values)[values.length >> 1];
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
