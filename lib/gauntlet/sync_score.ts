import { power as raise } from "./power.ts";
/** How quickly a peer that is behind loses its score. */
export interface SyncSettings {
  /** Outer steps behind at which nothing is left. */
  readonly stepsBehindMax: number;
  /** Exponent of the fall. */
  readonly power: number;
}

/**
 * Score of a peer whose state is so many typical outer steps away from the validator's: 1 for the same
 * state, falling to 0.
 *
 * @param stepsBehind Distance in outer steps, from 0; not a number for a peer that shows nothing.
 */
export function syncScore(stepsBehind: number, { power, stepsBehindMax }: SyncSettings): number {
  if (!(stepsBehind >= 0)) return 0;
  return raise(1 - Math.min(stepsBehind, stepsBehindMax) / stepsBehindMax, power);
}
