/** Losses of a set of sequences under three states, [sequences] each, nats per token. */
export interface SequenceLosses {
  /** Initial state of the window. */
  readonly before: Float64Array;
  /** Initial state after a fraction of the peer's step. */
  readonly after: Float64Array;
  /** Initial state after the same fraction of the accepted peers' common step. */
  readonly common: Float64Array;
}

/** Accumulated evidence that a peer trains on its own data. */
export interface Evidence {
  /** Weighted sum of the windows' z-values. */
  readonly sum: number;
  /** Variance of that sum for a peer whose step is independent of its own data. */
  readonly variance: number;
}

/** Bound on one window's z-value, so that no single window outweighs the others. */
const Z_MAX = 6;

/** No evidence yet. */
export const NO_EVIDENCE: Evidence = { sum: 0, variance: 0 };

/**
 * Returns how much more a peer's step helps on sequences assigned to it than on others, in standard
 * deviations. Sequences differ in how much any step helps them, far more than by what one pass memorises;
 * the gain of the common step on the same sequence removes most of that variation (analysis of covariance
 * with two groups and one covariate).
 *
 * @param own Sequences assigned to the peer.
 * @param random Sequences not assigned to it.
 * @returns z-value: standard normal for a peer that has seen neither or both; 0 if undetermined.
 *
 * @example The same gain everywhere proves nothing
 * ```ts
 * import { ownDataExcess } from "./own_data_evidence.ts";
 * import assert from "node:assert/strict";
 *
 * const losses = { before: Float64Array.of(2, 3), after: Float64Array.of(1, 2), common: Float64Array.of(1, 2) };
 * assert.equal(ownDataExcess(losses, losses), 0);
 * ```
 */
export function ownDataExcess(own: SequenceLosses, random: SequenceLosses): number {
  const groups = [own, random].map(moments);
  const [a, b] = groups;
  const xx = a.xx + b.xx;
  const xy = a.xy + b.xy;
  const slope = xx > 0 ? xy / xx : 0;
  const degrees = a.count + b.count - 3;
  const variance = (a.yy + b.yy - slope * xy) / degrees;
  const difference = a.y - b.y - slope * (a.x - b.x);
  const shift = a.x - b.x;
  const spread = 1 / a.count + 1 / b.count + (xx > 0 ? (shift * shift) / xx : 0);
  const z = difference / Math.sqrt(variance * spread);
  return degrees > 0 && Number.isFinite(z) ? Math.max(-Z_MAX, Math.min(Z_MAX, z)) : 0;
}

/** Adds a window's z-value to the decayed evidence of earlier windows. */
export function addEvidence({ sum, variance }: Evidence, z: number, decay: number): Evidence {
  return { sum: decay * sum + z, variance: decay * decay * variance + 1 };
}

/** Returns the evidence in standard deviations. */
export function evidenceDeviations({ sum, variance }: Evidence): number {
  return variance > 0 ? sum / Math.sqrt(variance) : 0;
}

/** Returns mean gains (x: common step, y: the peer's step) and their centred sums of squares and products. */
function moments({ before, after, common }: SequenceLosses) {
  const count = before.length;
  let [x, y, xx, xy, yy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    x += (before[i] - common[i]) / count;
    y += (before[i] - after[i]) / count;
  }
  for (let i = 0; i < count; i++) {
    const [dx, dy] = [before[i] - common[i] - x, before[i] - after[i] - y];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return { count, x, y, xx, xy, yy };
}
