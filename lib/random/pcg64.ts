const MASK_32 = 0xffffffffn;
const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/**
 * numpy's `default_rng(seed)`: PCG64 (XSL-RR) seeded through SeedSequence, bit-exact.
 *
 * @example The first draw of numpy.random.default_rng(0).integers(0, 100, dtype=uint32)
 * ```ts
 * import { Pcg64 } from "./pcg64.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(new Pcg64(0n).below(100), 85);
 * ```
 */
export class Pcg64 {
  #state: bigint;
  readonly #increment: bigint;
  #buffered: number | undefined;

  /** @param seed Non-negative integer. */
  constructor(seed: bigint) {
    const [a, b, c, d] = seedWords(seed);
    this.#increment = ((((c << 64n) | d) << 1n) | 1n) & MASK_128;
    this.#state = 0n;
    this.#step();
    this.#state = (this.#state + ((a << 64n) | b)) & MASK_128;
    this.#step();
  }

  /** Returns a uniform 64-bit integer. */
  next64(): bigint {
    this.#step();
    const folded = ((this.#state >> 64n) ^ this.#state) & MASK_64;
    const rotation = this.#state >> 122n;
    return ((folded >> rotation) | (folded << (64n - rotation))) & MASK_64;
  }

  /** Returns a uniform 32-bit integer: the lower half of a 64-bit one, then the upper. */
  next32(): number {
    if (this.#buffered !== undefined) {
      const upper = this.#buffered;
      this.#buffered = undefined;
      return upper;
    }
    const both = this.next64();
    this.#buffered = Number(both >> 32n);
    return Number(both & MASK_32);
  }

  /** Returns a uniform integer in [0, limit) by Lemire's method, as in numpy; limit <= 2^32 - 1. */
  below(limit: number): number {
    if (limit === 1) return 0;
    const range = BigInt(limit);
    let product = BigInt(this.next32()) * range;
    if ((product & MASK_32) < range) {
      const threshold = (MASK_32 + 1n - range) % range;
      while ((product & MASK_32) < threshold) product = BigInt(this.next32()) * range;
    }
    return Number(product >> 32n);
  }

  #step(): void {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK_128;
  }
}

/** Derives four 64-bit words from an integer, as numpy's SeedSequence does. */
function seedWords(seed: bigint): bigint[] {
  const entropy: number[] = [];
  for (let rest = seed; rest > 0n || entropy.length === 0; rest >>= 32n) {
    entropy.push(Number(rest & MASK_32));
  }
  let constant = 0x43b0d7e5;
  const hash = (value: number) => {
    value = (value ^ constant) >>> 0;
    constant = Math.imul(constant, 0x931e8875) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mix = (x: number, y: number) => {
    const result = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
    return (result ^ (result >>> 16)) >>> 0;
  };
  const pool = Array.from({ length: 4 }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  }
  for (const word of entropy.slice(4)) {
    for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));
  }
  let output = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, i) => {
    let value = (pool[i % 4] ^ output) >>> 0;
    output = Math.imul(output, 0x58f38ded) >>> 0;
    value = Math.imul(value, output) >>> 0;
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
  return [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
}
