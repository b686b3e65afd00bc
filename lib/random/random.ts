/** A source of random numbers, handed to whatever needs one. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}
