import { type PeerRecord, skill } from "./gauntlet_state.ts";
import type { GauntletPolicy } from "./policy.ts";

/** Whose submissions count in a window. */
export interface Selection {
  /** Peers whose submissions are aggregated, best first. */
  readonly gather: readonly number[];
  /** Peers that stand in for those that are missing, best first. */
  readonly reserve: readonly number[];
  /** Peers that do not count, and why. */
  readonly excluded: readonly { readonly uid: number; readonly reason: string }[];
}

/**
 * Chooses whose submissions count in a window, from what was known before it. Once any peer has been
 * evaluated well, newcomers have to be as well before they count: nobody moves the model unseen.
 *
 * @param peers Registered peers, ascending by uid.
 */
export function selectAggregated(
  peers: readonly PeerRecord[],
  policy: GauntletPolicy,
  window: number,
): Selection {
  const { gatherCount, probation, reserveCount } = policy.selection;
  const known = peers.some(({ goodEvaluations }) => goodEvaluations > 0);
  const excluded: { uid: number; reason: string }[] = [];
  const eligible = peers.filter((peer) => {
    const reason = exclusion(peer, policy, window) ??
      (probation && known && peer.goodEvaluations === 0 ? "no good evaluation yet" : undefined);
    if (reason !== undefined) excluded.push({ uid: peer.uid, reason });
    return reason === undefined;
  });
  const ranked = eligible.sort((a, b) => b.score - a.score || skill(b) - skill(a) || a.uid - b.uid)
    .map(({ uid }) => uid);
  return {
    gather: ranked.slice(0, gatherCount),
    reserve: ranked.slice(gatherCount, gatherCount + reserveCount),
    excluded,
  };
}

/** Why a peer does not count for now; undefined where it may. */
export function exclusion(
  { negatives, negativeStreak, timeoutUntil }: PeerRecord,
  { penalties: { excludeAfterNegatives, excludeAfterRecentNegatives, recent } }: GauntletPolicy,
  window: number,
): string | undefined {
  if (timeoutUntil > window) return `time-out until window ${timeoutUntil}`;
  if (excludeAfterNegatives > 0 && negativeStreak >= excludeAfterNegatives) {
    return `${negativeStreak} negative evaluations in a row`;
  }
  // Two good windows of three would otherwise pay for the third.
  const bad = negatives.filter(Boolean).length;
  if (excludeAfterRecentNegatives > 0 && bad >= excludeAfterRecentNegatives) {
    return `${bad} of the last ${recent} evaluations negative`;
  }
  return undefined;
}
