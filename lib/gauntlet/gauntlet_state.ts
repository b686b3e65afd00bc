import { type Evidence, NO_EVIDENCE } from "./own_data_evidence.ts";
import { ordinal, type Rating } from "./rate_match.ts";

/** All that a validator remembers of a peer. Plain JSON, so that it is saved whole. */
export interface PeerRecord {
  /** Number on the chain. */
  readonly uid: number;
  /** Key that holds the number; with another key all is forgotten. */
  readonly hotkey: string;
  /** Skill; undefined before the first match. */
  readonly rating?: Rating;
  /** Evidence that the peer trains on its own data. */
  readonly evidence: Evidence;
  /** Moving average of what the evidence showed, -1 to 1. */
  readonly average: number;
  /** Windows since the peer was first seen. */
  readonly windows: number;
  /** Evaluations with a positive gain. */
  readonly goodEvaluations: number;
  /** Chance of being evaluated next, against the others'. */
  readonly turn: number;
  /** Whether each of the last evaluations was negative, oldest first. */
  readonly negatives: readonly boolean[];
  /** Negative evaluations in a row. */
  readonly negativeStreak: number;
  /** Whether the peer failed in each of the last windows in which it was to count, oldest first. */
  readonly misses: readonly boolean[];
  /** Misses in a row. */
  readonly missStreak: number;
  /** Windows in a row without any submission. */
  readonly silentWindows: number;
  /** First window in which the peer may count again. */
  readonly timeoutUntil: number;
  /** Final score of the last window in which it was computed. */
  readonly score: number;
}

/** All that a validator remembers. */
export interface GauntletState {
  /** Window to score next. */
  readonly window: number;
  /** Peers, ascending by uid. */
  readonly peers: readonly PeerRecord[];
  /** Norm of submissions that have helped: the median by gain; undefined before the first. */
  readonly usualNorm?: number;
  /** Typical change of an element in one outer step, by tensor; empty before the first step. */
  readonly stepSizes: readonly number[];
  /** Outer steps taken. */
  readonly outerSteps: number;
}

/** What a validator remembers before the first window. */
export const NEW_STATE: GauntletState = { window: 0, peers: [], stepSizes: [], outerSteps: 0 };

/** A peer of which nothing is known. */
export function newRecord(uid: number, hotkey: string): PeerRecord {
  return {
    uid,
    hotkey,
    evidence: NO_EVIDENCE,
    average: 0,
    windows: 0,
    goodEvaluations: 0,
    turn: 1,
    negatives: [],
    negativeStreak: 0,
    misses: [],
    missStreak: 0,
    silentWindows: 0,
    timeoutUntil: 0,
    score: 0,
  };
}

/** What is remembered of a peer; nothing of a key that has taken over the number. */
export function recordOf(
  { peers }: GauntletState,
  { hotkey, uid }: Pick<PeerRecord, "uid" | "hotkey">,
): PeerRecord {
  const known = peers.find((peer) => peer.uid === uid);
  return known?.hotkey === hotkey ? known : newRecord(uid, hotkey);
}

/** A peer whose scores are taken away; a time-out stays. */
export function resetRecord({ uid, hotkey, timeoutUntil, windows }: PeerRecord): PeerRecord {
  return { ...newRecord(uid, hotkey), timeoutUntil, windows };
}

/** Skill that a peer has with near certainty; 0 before its first match. */
export function skill({ rating }: PeerRecord): number {
  return rating ? ordinal(rating) : 0;
}
