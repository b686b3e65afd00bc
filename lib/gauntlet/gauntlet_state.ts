import { type Evidence, NO_EVIDENCE } from "./own_data_evidence.ts";
import { ordinal, type Rating } from "./rate_match.ts";

/** A validator's record of a peer. Plain JSON, so that it can be saved as is. */
export interface PeerRecord {
  /** Number on the chain. */
  readonly uid: number;
  /** Key that holds the uid; a change of key resets the record. */
  readonly hotkey: string;
  /** Skill; undefined before the first match. */
  readonly rating?: Rating;
  /** Evidence that the peer trains on its own data. */
  readonly evidence: Evidence;
  /** Moving average of the own-data indicator, -1 to 1. */
  readonly average: number;
  /** Windows since the peer was first seen. */
  readonly windows: number;
  /** Evaluations with a positive gain. */
  readonly goodEvaluations: number;
  /** Relative chance of being evaluated next. */
  readonly turn: number;
  /** Whether each of the last evaluations was negative, oldest first. */
  readonly negatives: readonly boolean[];
  /** Consecutive negative evaluations. */
  readonly negativeStreak: number;
  /** Whether the peer failed in each recent window in which it was to count, oldest first. */
  readonly misses: readonly boolean[];
  /** Consecutive misses. */
  readonly missStreak: number;
  /** Consecutive windows without a submission. */
  readonly silentWindows: number;
  /** First window in which the peer is eligible again. */
  readonly timeoutUntil: number;
  /** Final score of the last window in which it was computed. */
  readonly score: number;
}

/** Scoring state of a validator. */
export interface GauntletState {
  /** Next window to score. */
  readonly window: number;
  /** Peers, ascending by uid. */
  readonly peers: readonly PeerRecord[];
  /** Gain-weighted median norm of helpful submissions; undefined before the first. */
  readonly usualNorm?: number;
  /** Typical change of an element per outer step, by tensor; empty before the first step. */
  readonly stepSizes: readonly number[];
  /** Outer steps taken. */
  readonly outerSteps: number;
}

/** State before the first window. */
export const NEW_STATE: GauntletState = { window: 0, peers: [], stepSizes: [], outerSteps: 0 };

/** Returns the record of a peer without history. */
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

/** Returns the record of a peer; a new one for an unknown uid or a uid now held by another key. */
export function recordOf(
  { peers }: GauntletState,
  { hotkey, uid }: Pick<PeerRecord, "uid" | "hotkey">,
): PeerRecord {
  const known = peers.find((peer) => peer.uid === uid);
  return known?.hotkey === hotkey ? known : newRecord(uid, hotkey);
}

/** Returns a record with its scores cleared; a time-out stays. */
export function resetRecord({ uid, hotkey, timeoutUntil, windows }: PeerRecord): PeerRecord {
  return { ...newRecord(uid, hotkey), timeoutUntil, windows };
}

/** Returns the skill that a peer has with near certainty; 0 before its first match. */
export function skill({ rating }: PeerRecord): number {
  return rating ? ordinal(rating) : 0;
}
