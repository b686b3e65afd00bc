import { type PeerRecord, skill } from "./gauntlet_state.ts";
import type { GauntletPolicy } from "./policy.ts";

/**
 * Chooses the peers to evaluate in a window: picks one bin of peers of similar rating, then draws
 * without replacement, favouring those that have waited longest.
 *
 * @param peers Peers that may be evaluated, ascending by uid.
 * @param uniform Unpredictable random numbers in [0, 1).
 * @returns Uids, ascending.
 */
export function selectEvaluated(
  peers: readonly PeerRecord[],
  { evaluation: { bins, peersPerWindow } }: GauntletPolicy,
  uniform: () => number,
): number[] {
  const ranked = [...peers].sort((a, b) => skill(b) - skill(a) || a.uid - b.uid);
  const parts = ranked.length < bins * peersPerWindow ? 1 : bins;
  const bin = Math.floor(uniform() * parts);
  const from = Math.floor((bin * ranked.length) / parts);
  const candidates = ranked.slice(from, Math.floor(((bin + 1) * ranked.length) / parts));
  const chosen: number[] = [];
  while (chosen.length < peersPerWindow && candidates.length > 0) {
    let left = uniform() * candidates.reduce((sum, { turn }) => sum + turn, 0);
    let index = candidates.findIndex(({ turn }) => (left -= turn) < 0);
    if (index < 0) index = candidates.length - 1;
    chosen.push(...candidates.splice(index, 1).map(({ uid }) => uid));
  }
  return chosen.sort((a, b) => a - b);
}
