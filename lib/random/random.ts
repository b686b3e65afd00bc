/** Source of random numbers, injected where needed. */
export interface Random {
  /** Returns a uniform number in [0, 1) with 53 bits. */
  uniform(): number;
  /** Returns a standard normal number. */
  normal(): number;
  /** Returns random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}
