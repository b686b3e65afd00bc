/** A peer as the chain knows it. */
export interface Registration {
  /** Number of the peer, given in order from 0. */
  readonly uid: number;
  /** sr25519 public key, 64 hexadecimal digits. */
  readonly hotkey: string;
  /** Block of the registration. */
  readonly block: number;
  /** What the key has at stake: more than nothing makes it a validator. */
  readonly stake: number;
}

/** Weight that a validator gives to a peer. */
export interface Weight {
  /** Peer. */
  readonly uid: number;
  /** Share, 0 to 1. */
  readonly weight: number;
}

/** The chain cannot be reached now: no fault of this process, and worth another try. */
export class ChainUnavailableError extends Error {
  override readonly name = "ChainUnavailableError";
}

/** A ledger: blocks as the common clock, registrations, commitments, weights. */
export interface Chain {
  /** Number of the newest block. */
  block(): Promise<number>;
  /** When a block was made, or is expected to be; milliseconds since 1970. */
  blockTimeMs(block: number): Promise<number>;
  /**
   * Registers a key; one that is registered keeps its number and its stake.
   *
   * @param stake What the key puts at stake; 0 for a peer that trains.
   * @returns The uid.
   */
  register(hotkey: string, stake?: number): Promise<number>;
  /** All registrations, ascending by uid. */
  registrations(): Promise<Registration[]>;
  /**
   * Publishes a short text under a key, replacing the one before.
   *
   * @throws RangeError when the key is not registered or the text is longer than 1024 bytes.
   */
  commit(hotkey: string, text: string): Promise<void>;
  /** Text that a peer published last; undefined when there is none. */
  commitment(uid: number): Promise<string | undefined>;
  /**
   * Sets a validator's weights, replacing those before.
   *
   * @throws RangeError for an unknown uid or a weight outside 0 to 1.
   */
  setWeights(hotkey: string, weights: Weight[]): Promise<void>;
  /** Weights that a validator set last, ascending by uid. */
  weights(validatorUid: number): Promise<Weight[]>;
  /** Block in which a validator last set weights; undefined when it never has. */
  weightsBlock(validatorUid: number): Promise<number | undefined>;
}

/** Longest commitment, bytes. */
export const COMMITMENT_BYTES_MAX = 1024;
