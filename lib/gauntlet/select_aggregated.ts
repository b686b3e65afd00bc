import { type PeerRecord, skill } from "./gauntlet_state.ts";
import type { GauntletPolicy } from "./policy.ts";

/** Selection of the peers whose submissions count in a window. */
export interface Selection {
  /** Peers whose submissions are aggregated, best first. */
  readonly gather: readonly number[];
  /** Peers that replace missing ones, best first. */
  readonly reserve: readonly number[];
  /** Excluded peers, with reasons. */
  readonly excluded: readonly { readonly uid: number; readonly reason: string }[];
}

/**
 * Selects the peers whose submissions count in a window, from what was known before it. Once any
 * peer has a good evaluation, newcomers need one too: no peer moves the model unevaluated.
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

/** Returns why a peer is excluded for now; undefined if it is not. */
export function exclusion(
  { negatives, negativeStreak, timeoutUntil }: PeerRecord,
  { penalties: { excludeAfterNegatives, excludeAfterRecentNegatives, recent } }: GauntletPolicy,
  window: number,
): string | undefined {
  if (timeoutUntil > window) return `time-out until window ${timeoutUntil}`;
  if (excludeAfterNegatives > 0 && negativeStreak >= excludeAfterNegatives) {
    return `${negativeStreak} negative evaluations in a row`;
  }
  // Otherwise two good windows of three would make up for the third.
  const bad = negatives.filter(Boolean).length;
  if (excludeAfterRecentNegatives > 0 && bad >= excludeAfterRecentNegatives) {
    return `${bad} of the last ${recent} evaluations negative`;
  }
  return undefined;
}
