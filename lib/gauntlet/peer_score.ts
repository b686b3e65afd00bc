import type { Effect } from "./penalties.ts";
/** A peer's score, with every number that went into it. */
export interface PeerScore {
  /** Number on the chain. */
  readonly uid: number;
  /** Relative gain on random data, if the peer was evaluated. */
  readonly gain?: number;
  /** Evidence of training on own data after this window, standard deviations. */
  readonly evidence?: number;
  /** Verdict of the evidence: 1 proven, 0 undecided, -1 disproved. */
  readonly indicator?: -1 | 0 | 1;
  /** Rank in the window's match, from 1, if the peer took part. */
  readonly place?: number;
  /** Mean of the rating minus three standard deviations. */
  readonly ordinal: number;
  /** Moving average of the indicator as counted: at least 0, and 0 below the floor. */
  readonly average: number;
  /** Sync score, where a state was compared. */
  readonly sync: number;
  /** Whether the score was recomputed in this window, or carried over from an earlier one. */
  readonly computed: boolean;
  /** ordinal x average x sync if recomputed, else the earlier score. */
  readonly base: number;
  /** Penalties of the window. */
  readonly penalties: readonly ({ readonly rule: string } & Effect)[];
  /** base x factors of all penalties; 0 below the floor. */
  readonly score: number;
  /** Share of the validator's weight. */
  readonly weight: number;
}
