import type { Registration } from "../chain/chain.ts";

/**
 * Returns the validator whose verdicts peers follow: the one with the largest stake, the earliest among
 * equals. Undefined if no node has stake.
 */
export function leaderOf(registrations: readonly Registration[]): Registration | undefined {
  return registrations.filter(({ stake }) => stake > 0)
    .reduce<Registration | undefined>(
      (best, each) => (best && best.stake >= each.stake ? best : each),
      undefined,
    );
}

/** Returns the nodes that train: those without stake. */
export function trainersOf(registrations: readonly Registration[]): Registration[] {
  return registrations.filter(({ stake }) => stake === 0);
}
