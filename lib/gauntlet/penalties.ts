import type { PeerRecord } from "./gauntlet_state.ts";
import type { PeerObservation } from "./observation.ts";
import { evidenceDeviations } from "./own_data_evidence.ts";
import type { GauntletPolicy } from "./policy.ts";

/** What a rule looks at. */
export interface Case {
  /** What was seen of the peer in this window. */
  readonly seen: PeerObservation;
  /** What is remembered of it, this window included. */
  readonly record: PeerRecord;
  /** Constants. */
  readonly policy: GauntletPolicy;
  /** Number of the window. */
  readonly window: number;
  /** Outer steps of the run so far. */
  readonly outerSteps: number;
  /** Whether so few came through that the fault is likely the validator's own. */
  readonly outage: boolean;
  /** Whether so few showed a state that the verdict is likely to have been late. */
  readonly blackout: boolean;
}

/** What a rule does. */
export interface Effect {
  /** What was met, for people. */
  readonly detail: string;
  /** Factor on the score. */
  readonly score: number;
  /** Factor on the moving average, which makes the effect last; 1 where there is none. */
  readonly average?: number;
  /** Whether rating, average and history are taken away. */
  readonly reset?: boolean;
  /** Windows from this one in which the peer does not count. */
  readonly timeoutWindows?: number;
}

/** A cause and what follows from it. */
export interface PenaltyRule {
  /** Name, as events and explanations have it. */
  readonly name: string;
  /** Effect on a peer, where the rule applies. */
  readonly apply: (found: Case) => Effect | undefined;
}

/** Refusals that are an absence rather than a fault. */
const ABSENT = new Set(["missing", "too-late", "unreadable"]);

/** Whether a submission was not there in time. */
export function isAbsent({ refused }: PeerObservation): boolean {
  return refused !== undefined && ABSENT.has(refused.reason);
}

/** Whether a submission was there and broke a rule. */
export function isInvalid(seen: PeerObservation): boolean {
  return seen.refused !== undefined && !isAbsent(seen);
}

/**
 * Penalties of a window, cause by cause. Factors multiply, after the score has been computed anew: none is
 * overwritten. Each applies once, in the window that gave the cause.
 */
export const PENALTIES: readonly PenaltyRule[] = [
  {
    name: "inactive",
    apply: ({ outage, policy: { penalties }, record, seen }) => {
      if (!isAbsent(seen) || seen.role !== "none" || outage) return undefined;
      const reset = record.silentWindows > penalties.inactiveResetWindows;
      const detail = `nothing submitted for ${record.silentWindows} windows`;
      return { detail, score: reset ? 0 : penalties.inactive, reset };
    },
  },
  {
    name: "missing",
    apply: ({ outage, policy: { penalties }, record, seen }) => {
      if (!isAbsent(seen) || seen.role === "none" || outage) return undefined;
      const { missing } = penalties;
      const factor = missing[Math.min(record.missStreak, missing.length) - 1];
      const detail = `${seen.refused!.reason}, ${record.missStreak} in a row`;
      return { detail, score: factor, average: factor };
    },
  },
  {
    name: "often-missing",
    apply: ({ outage, policy: { penalties }, record, seen }) => {
      const missed = record.misses.filter(Boolean).length;
      if (seen.refused === undefined || outage || missed < penalties.missesOfRecent) {
        return undefined;
      }
      const detail = `${missed} of the last ${penalties.recent} submissions missed`;
      return { detail, score: 0, reset: true, timeoutWindows: penalties.timeoutWindows };
    },
  },
  {
    name: "invalid",
    apply: ({ policy: { penalties }, seen }) =>
      isInvalid(seen)
        ? {
          detail: `${seen.refused!.reason}: ${seen.refused!.detail}`,
          score: penalties.invalid,
          average: penalties.missing[0],
        }
        : undefined,
  },
  {
    name: "out-of-sync",
    apply: ({ blackout, policy: { penalties, sync }, seen }) => {
      if (blackout || seen.role === "none" || (seen.stepsBehind ?? Infinity) <= sync.poorAbove) {
        return undefined;
      }
      const detail = seen.stepsBehind === undefined
        ? "no state shown in time"
        : `${seen.stepsBehind.toFixed(2)} outer steps behind, want at most ${sync.poorAbove}`;
      return { detail, score: penalties.poorSync, average: penalties.poorSync };
    },
  },
  {
    name: "copy",
    apply: ({ outerSteps, policy: { copies, evidence, penalties }, record, seen: { copy } }) => {
      // What was seen a window ago is known to be a copy; submissions of one window may agree early on.
      if (!copy || (!copy.delayed && outerSteps < copies.afterSteps)) return undefined;
      const detail = `${(100 * copy.overlap).toFixed(0)} % of entries are those of peer ${copy.of}${
        copy.delayed ? " in the window before" : ""
      }`;
      // Who has shown that it trains on its own data loses the window's half, and no more.
      const proven = evidenceDeviations(record.evidence) >= evidence.proven;
      if (copy.overlap < copies.max || proven) return { detail, score: penalties.copy };
      const timeout = copy.overlap >= copies.mega && { timeoutWindows: penalties.timeoutWindows };
      return { detail, score: 0, reset: true, ...timeout };
    },
  },
  {
    name: "often-negative",
    apply: ({ policy: { penalties }, record, seen }) => {
      const negatives = record.negatives.filter(Boolean).length;
      const now = seen.evaluation !== undefined && record.negativeStreak > 0;
      if (!now || negatives <= penalties.negativesOfRecent) return undefined;
      const detail = `${negatives} of the last ${penalties.recent} evaluations negative`;
      return { detail, score: penalties.negative, average: penalties.negative };
    },
  },
];
