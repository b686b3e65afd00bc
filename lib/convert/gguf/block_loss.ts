/** What quantising has changed so far. */
export interface BlockLoss {
  /** Largest absolute difference. */
  largest: number;
  /** Sum of squared differences; no number where a value was none. */
  errors: number;
  /** Sum of squared values. */
  squares: number;
}

/** Nothing quantised yet. */
export function noLoss(): BlockLoss {
  return { largest: 0, errors: 0, squares: 0 };
}

/** Adds what blocks have lost, from what they stand for. */
export function addBlockLoss(values: Float32Array, after: Float32Array, loss: BlockLoss): void {
  let { errors, largest, squares } = loss;
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i] - after[i]);
    if (error > largest) largest = error;
    errors += error * error;
    squares += values[i] * values[i];
  }
  Object.assign(loss, { errors, largest, squares });
}
