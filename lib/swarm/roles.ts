import type { Registration } from "../chain/chain.ts";

/**
 * The validator whose verdicts peers follow: the one with the most at stake, the earliest among equals.
 * Undefined if there is no stake at all.
 */
export function leaderOf(registrations: readonly Registration[]): Registration | undefined {
  return registrations.filter(({ stake }) => stake > 0)
    .reduce<Registration | undefined>(
      (best, each) => (best && best.stake >= each.stake ? best : each),
      undefined,
    );
}

/** Those that train: all that have nothing at stake. */
export function trainersOf(registrations: readonly Registration[]): Registration[] {
  return registrations.filter(({ stake }) => stake === 0);
}
