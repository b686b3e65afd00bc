import {
  type GauntletState,
  type PeerRecord,
  recordOf,
  resetRecord,
  skill,
} from "./gauntlet_state.ts";
import type { PeerObservation, WindowObservation } from "./observation.ts";
import { addEvidence, evidenceDeviations } from "./own_data_evidence.ts";
import { peerWeights } from "./peer_weights.ts";
import { type Case, type Effect, isAbsent, isInvalid, PENALTIES } from "./penalties.ts";
import type { GauntletPolicy } from "./policy.ts";
import { NEW_RATING, rateMatch } from "./rate_match.ts";
import { exclusion } from "./select_aggregated.ts";
import { syncScore } from "./sync_score.ts";
import type { PeerScore } from "./peer_score.ts";

/** Match score of a missing or invalid submission: below every gain. */
const LAST_PLACE = -99;
/** Weight of the newest outer step in the typical step size. */
const STEP_SIZE_ALPHA = 0.2;
/** Rank of the evaluation that decides whether a window was bad. */
const DECIDING_PLACE = 5;
/** Minimum number of evaluations for a window to count as bad. */
const BAD_WINDOW_PEERS = 3;

/**
 * Scores one window: a pure function of state, observation and policy, so the same inputs give the same
 * bits everywhere.
 *
 * @param state State before the window; new peers are added, departed ones are dropped.
 * @returns State after the window, and the scores with all their terms, ascending by uid.
 */
export function scoreWindow(
  state: GauntletState,
  observation: WindowObservation,
  policy: GauntletPolicy,
): { state: GauntletState; scores: PeerScore[] } {
  const seen = observation.peers;
  const outage = isOutage(seen, policy);
  const middle = middleGain(seen);
  const badWindow = middle !== undefined && middle < 0 && evaluated(seen) >= BAD_WINDOW_PEERS;
  const uselessTo = policy.evaluation.uselessShare * Math.max(0, middle ?? 0);
  const facts = { outage, badWindow, uselessTo, usualNorm: state.usualNorm };
  const observed = seen.map((peer) => observe(recordOf(state, peer), peer, policy, facts));
  const { places, rated } = playMatch(observed, seen, outage, policy);
  const blackout = isBlackout(seen, policy);
  const drafts = rated.map((record, i) => {
    const { window } = observation;
    const { outerSteps } = state;
    const found = { seen: seen[i], record, policy, window, outerSteps, outage, blackout };
    return scorePeer(found, places[i]);
  });
  const weights = weightsOf(drafts, policy, observation.window + 1);
  const tookStep = observation.changes.length > 0;
  return {
    state: {
      window: observation.window + 1,
      peers: drafts.map(({ record }) => record),
      ...(state.usualNorm === undefined ? {} : { usualNorm: state.usualNorm }),
      ...usualNormOf(seen),
      stepSizes: tookStep ? blend(state.stepSizes, observation.changes) : state.stepSizes,
      outerSteps: state.outerSteps + Number(tookStep),
    },
    scores: drafts.map(({ score }) => ({ ...score, weight: weights.get(score.uid) ?? 0 })),
  };
}

/** Returns the relative gain on random data; a NaN or infinite loss is the worst possible. */
export function gainOf({ evaluation }: PeerObservation): number | undefined {
  if (!evaluation) return undefined;
  const gain = (evaluation.randomBefore - evaluation.randomAfter) / evaluation.randomBefore;
  return Number.isFinite(gain) ? gain : LAST_PLACE;
}

/** Reports whether so few submissions arrived that the validator itself is likely cut off. */
function isOutage(seen: readonly PeerObservation[], { penalties }: GauntletPolicy): boolean {
  const counted = seen.filter(({ role }) => role === "gather");
  const there = counted.filter((peer) => !isAbsent(peer)).length;
  return there < penalties.outageShare * counted.length;
}

/** Reports whether so few showed a state that the verdict was likely late; none is out of sync. */
function isBlackout(seen: readonly PeerObservation[], { penalties }: GauntletPolicy): boolean {
  const shown = seen.filter(({ stepsBehind }) => stepsBehind !== undefined).length;
  return shown < penalties.outageShare * seen.length;
}

function evaluated(seen: readonly PeerObservation[]): number {
  return seen.filter(({ evaluation }) => evaluation !== undefined).length;
}

/** Facts common to all peers of a window. */
interface WindowFacts {
  /** Whether the validator is likely cut off. */
  readonly outage: boolean;
  /** Whether hardly any peer improved the model. */
  readonly badWindow: boolean;
  /** Gain up to which a step of usual norm counts as useless. */
  readonly uselessTo: number;
  /** Usual norm of helpful submissions; undefined before the first. */
  readonly usualNorm: number | undefined;
}

/** Updates a peer's record with an observation. */
function observe(
  record: PeerRecord,
  seen: PeerObservation,
  { evidence: { averageAlpha, decay, proven }, penalties: { recent } }: GauntletPolicy,
  { badWindow, outage, uselessTo, usualNorm }: WindowFacts,
): PeerRecord {
  const fetched = seen.role !== "none" || seen.chosen;
  const failed = seen.refused !== undefined && fetched && !(outage && isAbsent(seen));
  const silent = isAbsent(seen) && !outage;
  const next = {
    ...record,
    windows: record.windows + 1,
    turn: seen.chosen ? 1 : record.turn + 1,
    silentWindows: silent ? record.silentWindows + 1 : 0,
    missStreak: failed ? record.missStreak + 1 : fetched && !outage ? 0 : record.missStreak,
    misses: seen.role === "gather" && !outage ? last(recent, record.misses, failed) : record.misses,
  };
  const gain = gainOf(seen);
  if (gain === undefined) return next;
  const evidence = addEvidence(record.evidence, seen.evaluation!.excess, decay);
  const shown = indicatorOf(evidenceDeviations(evidence), proven);
  // A smaller step is expected to gain less; a zero step gains nothing and counts as negative.
  const size = usualNorm === undefined ? 1 : Math.min(1, (seen.norm ?? usualNorm) / usualNorm);
  const negative = !(gain > uselessTo * size);
  return {
    ...next,
    evidence,
    average: (1 - averageAlpha) * record.average + averageAlpha * shown,
    goodEvaluations: record.goodEvaluations + Number(!negative),
    // In a bad window, a negative evaluation is no evidence against a single peer.
    negatives: badWindow ? record.negatives : last(recent, record.negatives, negative),
    negativeStreak: badWindow ? record.negativeStreak : negative ? record.negativeStreak + 1 : 0,
  };
}

function indicatorOf(deviations: number, proven: number): -1 | 0 | 1 {
  return deviations >= proven && deviations > 0 ? 1 : deviations < 0 ? -1 : 0;
}

function last(count: number, list: readonly boolean[], next: boolean): boolean[] {
  return [...list, next].slice(-count);
}

/**
 * Plays the window's match: all evaluated peers by their gains, and below them those that failed. A single
 * peer has no opponent, and its gain is not kept for another window's match.
 */
function playMatch(
  records: readonly PeerRecord[],
  seen: readonly PeerObservation[],
  outage: boolean,
  { rating }: GauntletPolicy,
): { rated: PeerRecord[]; places: (number | undefined)[] } {
  const results = seen.map((peer) => {
    const failed = isInvalid(peer) || (isAbsent(peer) && !outage);
    return failed && (peer.role === "gather" || peer.chosen) ? LAST_PLACE : gainOf(peer);
  });
  const players = results.flatMap((result, i) => (result === undefined ? [] : [i]));
  if (players.length < 2) return { rated: [...records], places: results.map(() => undefined) };
  const after = rateMatch(
    players.map((i) => records[i].rating ?? NEW_RATING),
    players.map((i) => results[i]!),
    rating,
  );
  const rated = [...records];
  players.forEach((i, player) => rated[i] = { ...records[i], rating: after[player] });
  const places = results.map((result) =>
    result === undefined ? undefined : 1 + results.filter((other) => other! > result).length
  );
  return { rated, places };
}

/**
 * Returns the gain of the fifth best evaluation, or of the middle one of few. If it is negative, the window
 * was bad; gains up to a small fraction of it count as useless. (The reference takes the last of few, which
 * excuses every attacker in a small swarm.)
 */
function middleGain(seen: readonly PeerObservation[]): number | undefined {
  const gains = seen.flatMap((peer) => gainOf(peer) ?? []).sort((a, b) => b - a);
  return gains[Math.min(DECIDING_PLACE, Math.ceil(gains.length / 2)) - 1];
}

function scorePeer(
  found: Case,
  place: number | undefined,
): { record: PeerRecord; score: Omit<PeerScore, "weight"> } {
  const { blackout, policy, record, seen } = found;
  const ordinal = skill(record);
  const average = countedAverage(record, policy);
  const sync = blackout ? 1 : syncScore(seen.stepsBehind ?? NaN, policy.sync);
  const computed = place !== undefined;
  const base = computed ? ordinal * average * sync : record.score;
  const penalties = PENALTIES.flatMap(({ apply, name }) => {
    const effect = apply(found);
    return effect ? [{ rule: name, ...effect }] : [];
  });
  const product = penalties.reduce((value, { score }) => value * score, Math.max(0, base));
  const score = product < policy.penalties.scoreFloor ? 0 : product;
  const gain = gainOf(seen);
  const shown = gain === undefined ? {} : {
    gain,
    evidence: evidenceDeviations(record.evidence),
    indicator: indicatorOf(evidenceDeviations(record.evidence), policy.evidence.proven),
  };
  const punished = punish({ ...record, score }, penalties, found.window);
  return {
    record: punished,
    score: {
      uid: seen.uid,
      ...shown,
      ...(place === undefined ? {} : { place }),
      ordinal,
      average,
      sync,
      computed,
      base,
      penalties,
      score,
    },
  };
}

function countedAverage(
  { average, windows }: PeerRecord,
  { evidence: { averageFloor, floorAfterWindows } }: GauntletPolicy,
): number {
  return average <= 0 || (windows > floorAfterWindows && average < averageFloor) ? 0 : average;
}

function punish(record: PeerRecord, effects: readonly Effect[], window: number): PeerRecord {
  const average = effects.reduce((value, effect) => value * (effect.average ?? 1), record.average);
  const timeout = Math.max(...effects.map(({ timeoutWindows }) => timeoutWindows ?? 0), 0);
  const timeoutUntil = Math.max(record.timeoutUntil, timeout > 0 ? window + 1 + timeout : 0);
  const punished = { ...record, average, timeoutUntil };
  return effects.some(({ reset }) => reset) ? resetRecord(punished) : punished;
}

function weightsOf(
  drafts: readonly { record: PeerRecord; score: Omit<PeerScore, "weight"> }[],
  policy: GauntletPolicy,
  next: number,
): Map<number, number> {
  // Peers excluded from the next window are not paid for this one.
  const paid = drafts.filter(({ record }) => exclusion(record, policy, next) === undefined)
    .map(({ score }) => score).filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.uid - b.uid);
  const weights = peerWeights(paid.map(({ score }) => score), {
    ...policy.weights,
    ...policy.selection,
  });
  return new Map(weights.map((weight, i) => [paid[i].uid, weight]));
}

/** Returns the gain-weighted median norm: submissions that help the model define the usual norm. */
function usualNormOf(seen: readonly PeerObservation[]): { usualNorm?: number } {
  const helping = seen.flatMap((peer) => {
    const gain = gainOf(peer) ?? 0;
    return peer.accepted && peer.norm !== undefined && gain > 0 ? [{ norm: peer.norm, gain }] : [];
  }).sort((a, b) => a.norm - b.norm);
  let left = helping.reduce((sum, { gain }) => sum + gain, 0) / 2;
  const middle = helping.find(({ gain }) => (left -= gain) <= 0) ?? helping.at(-1);
  return middle ? { usualNorm: middle.norm } : {};
}

function blend(before: readonly number[], now: readonly number[]): number[] {
  return now.map((change, i) =>
    before.length === 0 ? change : (1 - STEP_SIZE_ALPHA) * before[i] + STEP_SIZE_ALPHA * change
  );
}
