import type { Effect } from "./penalties.ts";
/** What a peer's score is made of; every number that went into it. */
export interface PeerScore {
  /** Number on the chain. */
  readonly uid: number;
  /** Relative gain on random data, where the peer was evaluated. */
  readonly gain?: number;
  /** Evidence of training on own data after this window, standard deviations. */
  readonly evidence?: number;
  /** What that showed: 1 proven, 0 undecided, -1 disproved. */
  readonly indicator?: -1 | 0 | 1;
  /** Place in the window's match, from 1, where the peer took part. */
  readonly place?: number;
  /** Rating minus three deviations. */
  readonly ordinal: number;
  /** Moving average of the indicator as it counts: not below 0, and 0 below the floor. */
  readonly average: number;
  /** Sync score, where a state was compared. */
  readonly sync: number;
  /** Whether the score was computed anew, or is that of an earlier window. */
  readonly computed: boolean;
  /** ordinal x average x sync when computed anew, else the earlier score. */
  readonly base: number;
  /** Penalties of the window. */
  readonly penalties: readonly ({ readonly rule: string } & Effect)[];
  /** base x factors of all penalties; 0 below the floor. */
  readonly score: number;
  /** Share of the validator's weight. */
  readonly weight: number;
}
