import type { PeerRecord } from "./gauntlet_state.ts";
import type { PeerObservation } from "./observation.ts";
import type { GauntletPolicy } from "./policy.ts";
import type { PeerScore } from "./peer_score.ts";

/** One line of an explanation. */
export interface Term {
  /** Name of the term. */
  readonly name: string;
  /** Value, formatted for display. */
  readonly value: string;
  /** Raw numbers of the value, and the rule that applied. */
  readonly because: string;
}

/** Derivation of a peer's score in one window. */
export interface Explanation {
  /** Terms in order of computation. */
  readonly terms: readonly Term[];
  /** Product of the terms; bit-identical to the published score. */
  readonly total: number;
}

/**
 * Explains a score from the observation, the peer's record and the policy. The total is recomputed from the
 * terms.
 *
 * @param record Record of the peer after the window.
 */
export function explainScore(
  score: PeerScore,
  seen: PeerObservation,
  record: PeerRecord,
  policy: GauntletPolicy,
): Explanation {
  const terms = [
    submissionTerm(seen),
    ...evaluationTerms(score, seen, policy),
    averageTerm(score, record, policy),
    ratingTerm(score, record),
    syncTerm(score, seen, policy),
    baseTerm(score),
    ...score.penalties.map(({ detail, reset, rule, score: factor, timeoutWindows }) => ({
      name: `penalty ${rule}`,
      value: `x ${factor}`,
      because: [
        detail,
        ...(reset ? ["rating and average are reset"] : []),
        ...(timeoutWindows ? [`excluded for ${timeoutWindows} windows`] : []),
      ].join("; "),
    })),
  ];
  const base = score.computed ? score.ordinal * score.average * score.sync : score.base;
  const product = score.penalties.reduce((value, { score }) => value * score, Math.max(0, base));
  const total = product < policy.penalties.scoreFloor ? 0 : product;
  const floored = product > 0 && total === 0 ? `below ${policy.penalties.scoreFloor}: zero` : "";
  const because = floored || (total === 0 ? whyZero(score) : "product of the above");
  const paid = { name: "weight", value: percent(score.weight), because: payment(score, policy) };
  return { terms: [...terms, { name: "score", value: text(total), because }, paid], total };
}

/** Describes why a score is 0. */
function whyZero({ average, base, computed, ordinal, penalties, sync }: PeerScore): string {
  const reasons = [
    ...(computed && average === 0 ? ["training on its own data is not proven"] : []),
    ...(computed && ordinal <= 0 ? ["its rating does not exceed its uncertainty yet"] : []),
    ...(computed && sync === 0 ? ["its state is out of sync"] : []),
    ...(!computed && base === 0 ? ["it had no score before and was not evaluated"] : []),
    ...penalties.filter(({ score }) => score === 0).map(({ rule }) => `penalty ${rule}`),
  ];
  return `zero: ${reasons.join("; ")}`;
}

function submissionTerm({ accepted, chosen, norm, refused, role }: PeerObservation): Term {
  const place = {
    gather: "selected for aggregation",
    reserve: "in reserve",
    none: "not selected for aggregation",
  }[role];
  const value = refused
    ? "refused"
    : accepted
    ? "aggregated"
    : norm !== undefined
    ? "valid"
    : "not fetched";
  const because = [
    place,
    ...(refused ? [`rule ${refused.reason}: ${refused.detail}`] : []),
    ...(norm === undefined ? [] : [`norm ${text(norm)}`]),
    chosen ? "chosen for evaluation" : "not chosen for evaluation",
  ].join("; ");
  return { name: "submission", value, because };
}

function evaluationTerms(
  { evidence, gain, indicator, place }: PeerScore,
  { evaluation }: PeerObservation,
  { evaluation: { ownSamples, randomSamples, stepFactor }, evidence: { proven } }: GauntletPolicy,
): Term[] {
  if (!evaluation || gain === undefined) {
    return [{ name: "evaluation", value: "none", because: "no submission was evaluated" }];
  }
  const { excess, ownAfter, ownBefore, randomAfter, randomBefore } = evaluation;
  const shown = indicator === 1 ? "proven" : indicator === -1 ? "disproved" : "undecided";
  return [{
    name: "gain",
    value: text(gain),
    because: `(${text(randomBefore)} - ${
      text(randomAfter)
    }) / before, on up to ${randomSamples} random samples, ${stepFactor} of the outer step${
      place === undefined ? "" : `; place ${place} in the window's match`
    }`,
  }, {
    name: "own data",
    value: shown,
    because: `${text(ownBefore)} to ${text(ownAfter)} on up to ${ownSamples} assigned samples; ${
      text(excess)
    } deviations above random samples in this window, ${
      text(evidence!)
    } with earlier windows; proven from ${proven}, disproved below 0`,
  }];
}

function averageTerm(
  { average }: PeerScore,
  record: PeerRecord,
  { evidence: { averageAlpha, averageFloor, floorAfterWindows } }: GauntletPolicy,
): Term {
  const floor = record.windows > floorAfterWindows
    ? `; below ${averageFloor} counts as 0`
    : `; below ${averageFloor} counts as 0 after ${floorAfterWindows} windows, now ${record.windows}`;
  const rule = record.average < 0 ? "; below 0 counts as 0" : averageFloor > 0 ? floor : "";
  const because =
    `moving average of own data (1, 0, -1), ${averageAlpha} per window; after penalties ${
      text(record.average)
    }${rule}`;
  return { name: "average", value: text(average), because };
}

function ratingTerm({ ordinal, place }: PeerScore, { rating }: PeerRecord): Term {
  const because = rating
    ? `rating ${text(rating.mu)} - 3 x ${text(rating.sigma)}${
      place === undefined ? "; no match in this window" : ""
    }`
    : "no match yet, or reset by a penalty";
  return { name: "ordinal", value: text(ordinal), because };
}

function syncTerm(
  { sync }: PeerScore,
  { stepsBehind }: PeerObservation,
  { sync: { estimate, power, stepsBehindMax } }: GauntletPolicy,
): Term {
  const because = stepsBehind === undefined
    ? sync === 1
      ? "too few peers showed a state in time to penalise any"
      : "no state shown in time, or a digest that contradicts its elements"
    : `${
      text(stepsBehind)
    } outer steps behind (${estimate} over unpredictable elements); (1 - steps / ${stepsBehindMax})^${power}`;
  return { name: "sync", value: text(sync), because };
}

function baseTerm({ base, computed }: PeerScore): Term {
  const because = computed
    ? "ordinal x average x sync"
    : "score of the last window in which the peer was evaluated";
  return { name: "base", value: text(base), because };
}

function payment({ score, weight }: PeerScore, { weights }: GauntletPolicy): string {
  if (score === 0) return "only positive scores are paid";
  if (weight === 0) return "excluded from the next window, or ranked below the paid places";
  const rule = weights.rule === "line" ? "by rank" : `score^${weights.power}`;
  return `${rule}, after burning ${percent(weights.burnRate)}`;
}

/** Formats a number briefly, with enough digits to distinguish values. */
function text(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(5);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}
