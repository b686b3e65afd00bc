import { exponential } from "./exponential.ts";
/** Estimate of a peer's skill: a normal distribution. */
export interface Rating {
  /** Mean. */
  readonly mu: number;
  /** Standard deviation. */
  readonly sigma: number;
}

/** Constants of the rating. */
export interface RatingSettings {
  /** Noise of one performance. */
  readonly beta: number;
  /** Growth of sigma before each match, so that ratings never freeze. */
  readonly tau: number;
}

/** Rating of a peer that has never been scored. */
export const NEW_RATING: Rating = { mu: 25, sigma: 25 / 3 };

/** Smallest factor on a variance. */
const KAPPA = 1e-4;

/**
 * Rates one match between all peers scored in a window by the Plackett-Luce model of OpenSkill (Weng and
 * Lin 2011, algorithm 4), with single players.
 *
 * @param ratings Rating of each peer before the match.
 * @param scores Score of each peer in the same order, higher is better; equal scores share a rank.
 * @returns Ratings after the match; unchanged if fewer than two peers played.
 *
 * @example The better of two new peers gains what the other loses
 * ```ts
 * import { NEW_RATING, rateMatch } from "./rate_match.ts";
 * import assert from "node:assert/strict";
 *
 * const [a, b] = rateMatch([NEW_RATING, NEW_RATING], [0.2, 0.1], { beta: 7, tau: 0.1 });
 * assert.ok(a.mu > 25 && Math.abs(a.mu + b.mu - 50) < 1e-9);
 * ```
 */
export function rateMatch(
  ratings: readonly Rating[],
  scores: readonly number[],
  { beta, tau }: RatingSettings,
): Rating[] {
  if (ratings.length < 2) return [...ratings];
  const grown = ratings.map(({ mu, sigma }) => ({ mu, variance: sigma * sigma + tau * tau }));
  const c = Math.sqrt(grown.reduce((sum, { variance }) => sum + variance + beta * beta, 0));
  const strengths = grown.map(({ mu }) => exponential(mu / c));
  // Total strength of the peers ranked at or below q, and the number of peers at q's rank.
  const fields = scores.map((score) =>
    strengths.reduce((sum, strength, i) => (scores[i] <= score ? sum + strength : sum), 0)
  );
  const sharers = scores.map((score) => scores.filter((other) => other === score).length);
  return grown.map(({ mu, variance }, i) => {
    let [omega, delta] = [0, 0];
    for (let q = 0; q < scores.length; q++) {
      if (scores[q] < scores[i]) continue;
      const share = strengths[i] / fields[q];
      omega += (scores[q] === scores[i] && q === i ? 1 : 0) - share / sharers[q];
      delta += (share * (1 - share)) / sharers[q];
    }
    const sigma = Math.sqrt(variance);
    const shrink = 1 - (variance / (c * c)) * (sigma / c) * delta;
    return {
      mu: mu + (variance / c) * omega,
      sigma: sigma * Math.sqrt(Math.max(shrink, KAPPA)),
    };
  });
}

/** Returns the skill that a peer has with near certainty: mu - 3 sigma. */
export function ordinal({ mu, sigma }: Rating): number {
  return mu - 3 * sigma;
}
