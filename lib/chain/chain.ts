/** Registration of a peer on the chain. */
export interface Registration {
  /** Number of the peer, assigned in order from 0. */
  readonly uid: number;
  /** sr25519 public key, 64 hexadecimal digits. */
  readonly hotkey: string;
  /** Block of the registration. */
  readonly block: number;
  /** Stake of the key; a positive stake makes it a validator. */
  readonly stake: number;
}

/** Weight that a validator gives to a peer. */
export interface Weight {
  /** Uid of the peer. */
  readonly uid: number;
  /** Share, 0 to 1. */
  readonly weight: number;
}

/** The chain is unreachable for now: an external, transient error that is worth a retry. */
export class ChainUnavailableError extends Error {
  override readonly name = "ChainUnavailableError";
}

/** A ledger of registrations, commitments and weights, with blocks as the common clock. */
export interface Chain {
  /** Returns the number of the newest block. */
  block(): Promise<number>;
  /** Returns the actual or expected time of a block, milliseconds since 1970. */
  blockTimeMs(block: number): Promise<number>;
  /**
   * Registers a key; a registered key keeps its number and its stake.
   *
   * @param stake Stake of the key; 0 for a peer that trains.
   * @returns The uid.
   */
  register(hotkey: string, stake?: number): Promise<number>;
  /** Returns all registrations, ascending by uid. */
  registrations(): Promise<Registration[]>;
  /**
   * Publishes a short text under a key, replacing the previous one.
   *
   * @throws RangeError if the key is not registered or the text is longer than 1024 bytes.
   */
  commit(hotkey: string, text: string): Promise<void>;
  /** Returns the last text that a peer published; undefined if there is none. */
  commitment(uid: number): Promise<string | undefined>;
  /**
   * Sets a validator's weights, replacing the previous ones.
   *
   * @throws RangeError for an unknown uid or a weight outside 0 to 1.
   */
  setWeights(hotkey: string, weights: Weight[]): Promise<void>;
  /** Returns the weights that a validator last set, ascending by uid. */
  weights(validatorUid: number): Promise<Weight[]>;
  /** Returns the block in which a validator last set weights; undefined if it never has. */
  weightsBlock(validatorUid: number): Promise<number | undefined>;
}

/** Maximum length of a commitment in bytes. */
export const COMMITMENT_BYTES_MAX = 1024;
