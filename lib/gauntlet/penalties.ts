import type { PeerRecord } from "./gauntlet_state.ts";
import type { PeerObservation } from "./observation.ts";
import { evidenceDeviations } from "./own_data_evidence.ts";
import type { GauntletPolicy } from "./policy.ts";

/** Input of a penalty rule. */
export interface Case {
  /** Observation of the peer in this window. */
  readonly seen: PeerObservation;
  /** Record of the peer, this window included. */
  readonly record: PeerRecord;
  /** Scoring constants. */
  readonly policy: GauntletPolicy;
  /** Number of the window. */
  readonly window: number;
  /** Outer steps of the run so far. */
  readonly outerSteps: number;
  /** Whether so few submissions arrived that the fault is likely the validator's. */
  readonly outage: boolean;
  /** Whether so few peers showed a state that the verdict was likely late. */
  readonly blackout: boolean;
}

/** Effect of a penalty rule. */
export interface Effect {
  /** Cause in detail, for display. */
  readonly detail: string;
  /** Factor on the score. */
  readonly score: number;
  /** Factor on the moving average, which makes the effect last; 1 if omitted. */
  readonly average?: number;
  /** Whether rating, average and history are reset. */
  readonly reset?: boolean;
  /** Number of windows after this one in which the peer is excluded. */
  readonly timeoutWindows?: number;
}

/** A penalty: a cause and its effect. */
export interface PenaltyRule {
  /** Name used in events and explanations. */
  readonly name: string;
  /** Returns the effect on a peer; undefined if the rule does not apply. */
  readonly apply: (found: Case) => Effect | undefined;
}

/** Refusals that mean absence rather than a fault. */
const ABSENT = new Set(["missing", "too-late", "unreadable"]);

/** Reports whether a submission was not available in time. */
export function isAbsent({ refused }: PeerObservation): boolean {
  return refused !== undefined && ABSENT.has(refused.reason);
}

/** Reports whether a submission was available but broke a rule. */
export function isInvalid(seen: PeerObservation): boolean {
  return seen.refused !== undefined && !isAbsent(seen);
}

/**
 * Penalties of a window, one per cause. Factors multiply after the score has been recomputed, so none is
 * overwritten. Each applies once, in the window of its cause.
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
      // Overlap with the previous window is a copy; within one window it may occur early on.
      if (!copy || (!copy.delayed && outerSteps < copies.afterSteps)) return undefined;
      const detail = `${(100 * copy.overlap).toFixed(0)} % of entries are those of peer ${copy.of}${
        copy.delayed ? " in the window before" : ""
      }`;
      // A peer proven to train on its own data loses half of the window's score and no more.
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
