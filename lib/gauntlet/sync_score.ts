import { power as raise } from "./power.ts";
/** Decay of the sync score of a peer that lags behind. */
export interface SyncSettings {
  /** Number of outer steps behind at which the score reaches 0. */
  readonly stepsBehindMax: number;
  /** Exponent of the decay. */
  readonly power: number;
}

/**
 * Returns the score of a peer whose state is `stepsBehind` typical outer steps from the validator's: 1
 * for the same state, falling to 0.
 *
 * @param stepsBehind Distance in outer steps, at least 0; NaN for a peer that shows no state.
 */
export function syncScore(stepsBehind: number, { power, stepsBehindMax }: SyncSettings): number {
  if (!(stepsBehind >= 0)) return 0;
  return raise(1 - Math.min(stepsBehind, stepsBehindMax) / stepsBehindMax, power);
}
