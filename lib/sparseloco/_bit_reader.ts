import { RefusedError } from "./refusal.ts";

/** Reads the output of `BitWriter`. Every read is checked against the end. */
export class BitReader {
  #at = 0;
  #pending = 0;
  #pendingBits = 0;

  /** @param bytes The stream; nothing outside it is read. */
  constructor(readonly bytes: Uint8Array) {}

  /** Reads the next `count` bits, at most 16. */
  read(count: number): number {
    this.#fill(count);
    const value = this.#pending & ((1 << count) - 1);
    this.#pending >>>= count;
    this.#pendingBits -= count;
    return value;
  }

  /** Reads the next Rice code. `limit` bounds the value, and with it a run of ones. */
  readRice(parameter: number, limit: number): number {
    let quotient = 0;
    while (true) {
      this.#fill(1);
      // Trailing ones of the pending bits; bits past them read as zeros and are cut off.
      const ones = Math.min(31 - Math.clz32(~this.#pending & -~this.#pending), this.#pendingBits);
      this.#pending >>>= ones;
      this.#pendingBits -= ones;
      quotient += ones;
      if (quotient << parameter > limit) {
        throw new RefusedError(
          "index-out-of-range",
          `gap of ${quotient << parameter} or more, want at most ${limit}`,
        );
      }
      if (this.#pendingBits > 0) break;
    }
    this.read(1);
    return (quotient << parameter) | this.read(parameter);
  }

  /** Skips to the next byte. The skipped bits must be zeros, so that a flipped one is detected. */
  align(): void {
    const rest = this.#pendingBits & 7;
    if (this.read(rest) !== 0) {
      throw new RefusedError("bad-coding", "padding bits are set, want zeros");
    }
  }

  /** Whether all bytes were read. */
  get done(): boolean {
    return this.#pendingBits === 0 && this.#at === this.bytes.length;
  }

  #fill(count: number): void {
    while (this.#pendingBits < count) {
      if (this.#at === this.bytes.length) {
        throw new RefusedError(
          "truncated",
          `a stream ends after ${this.bytes.length} bytes, want more`,
        );
      }
      this.#pending |= this.bytes[this.#at++] << this.#pendingBits;
      this.#pendingBits += 8;
    }
  }
}
