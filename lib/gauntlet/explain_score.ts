import type { PeerRecord } from "./gauntlet_state.ts";
import type { PeerObservation } from "./observation.ts";
import type { GauntletPolicy } from "./policy.ts";
import type { PeerScore } from "./peer_score.ts";

/** One line of an explanation. */
export interface Term {
  /** What it is about. */
  readonly name: string;
  /** Its value, for people. */
  readonly value: string;
  /** The raw numbers behind it, and the rule that applied. */
  readonly because: string;
}

/** Everything that made a peer's score in one window. */
export interface Explanation {
  /** Terms in the order in which they are computed. */
  readonly terms: readonly Term[];
  /** Product of the terms; the published score to the last bit. */
  readonly total: number;
}

/**
 * Explains a score from what was seen, what is remembered and the policy. The total is multiplied anew from
 * the terms.
 *
 * @param record Memory of the peer after the window.
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
        ...(reset ? ["rating and average are taken away"] : []),
        ...(timeoutWindows ? [`no part for ${timeoutWindows} windows`] : []),
      ].join("; "),
    })),
  ];
  const base = score.computed ? score.ordinal * score.average * score.sync : score.base;
  const product = score.penalties.reduce((value, { score }) => value * score, Math.max(0, base));
  const total = product < policy.penalties.scoreFloor ? 0 : product;
  const floored = product > 0 && total === 0 ? `below ${policy.penalties.scoreFloor}: nothing` : "";
  const because = floored || (total === 0 ? whyZero(score) : "product of the above");
  const paid = { name: "weight", value: percent(score.weight), because: payment(score, policy) };
  return { terms: [...terms, { name: "score", value: text(total), because }, paid], total };
}

/** What a score of nothing comes from, in words. */
function whyZero({ average, base, computed, ordinal, penalties, sync }: PeerScore): string {
  const reasons = [
    ...(computed && average === 0 ? ["it has not shown that it trains on its own data"] : []),
    ...(computed && ordinal <= 0 ? ["its rating is not above its uncertainty yet"] : []),
    ...(computed && sync === 0 ? ["its state is not the common one"] : []),
    ...(!computed && base === 0 ? ["it had none before, and was not evaluated"] : []),
    ...penalties.filter(({ score }) => score === 0).map(({ rule }) => `penalty ${rule}`),
  ];
  return `nothing: ${reasons.join("; ")}`;
}

function submissionTerm({ accepted, chosen, norm, refused, role }: PeerObservation): Term {
  const place = {
    gather: "was to be aggregated",
    reserve: "was in reserve",
    none: "was not to be aggregated",
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
    because: `${text(ownBefore)} to ${text(ownAfter)} on up to ${ownSamples} samples assigned; ${
      text(excess)
    } deviations more than elsewhere in this window, ${
      text(evidence!)
    } with those before; proven from ${proven}, disproved below 0`,
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
    `moving average of own data (1, 0, -1), ${averageAlpha} a window; after penalties ${
      text(record.average)
    }${rule}`;
  return { name: "average", value: text(average), because };
}

function ratingTerm({ ordinal, place }: PeerScore, { rating }: PeerRecord): Term {
  const because = rating
    ? `rating ${text(rating.mu)} - 3 x ${text(rating.sigma)}${
      place === undefined ? "; no match in this window" : ""
    }`
    : "no match yet, or taken away by a penalty";
  return { name: "ordinal", value: text(ordinal), because };
}

function syncTerm(
  { sync }: PeerScore,
  { stepsBehind }: PeerObservation,
  { sync: { estimate, power, stepsBehindMax } }: GauntletPolicy,
): Term {
  const because = stepsBehind === undefined
    ? sync === 1
      ? "so few showed a state in time that nobody is blamed"
      : "no state shown in time, or a digest that its own elements deny"
    : `${
      text(stepsBehind)
    } outer steps behind (${estimate} over elements that could not be foreseen); (1 - steps / ${stepsBehindMax})^${power}`;
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
  if (weight === 0) return "left out of the next window, or no place among those that are paid";
  const rule = weights.rule === "line" ? "by place" : `score^${weights.power}`;
  return `${rule}, after ${percent(weights.burnRate)} are burned`;
}

/** Short, but enough digits to be told apart. */
function text(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(5);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}
