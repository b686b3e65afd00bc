const WORDS = 624;
const SHIFT = 397;

/**
 * Python's `random.Random`: the Mersenne Twister MT19937, seeded and read as in CPython, so that its draws
 * can be reproduced.
 *
 * @example
 * ```ts
 * import { PythonRandom } from "./python_random.ts";
 * import assert from "node:assert/strict";
 *
 * const random = new PythonRandom(1234);
 * assert.equal(random.uniform(), 0.9664535356921388);
 * assert.deepEqual(random.sample(30, 3), [14, 3, 0]);
 * ```
 */
export class PythonRandom {
  readonly #state = new Uint32Array(WORDS);
  #next = WORDS;

  /** @param seed Integer; its sign is ignored. */
  constructor(seed: number | bigint) {
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    const key: number[] = [];
    for (; rest > 0n; rest >>= 32n) key.push(Number(rest & 0xffffffffn));
    this.#seed(key.length > 0 ? key : [0]);
  }

  /** Returns a uniform number in [0, 1) with 53 bits: `random.random()`. */
  uniform(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Returns a uniform integer below `end`, less than 2^32: `random._randbelow(end)`. */
  below(end: number): number {
    const bits = 32 - Math.clz32(end);
    for (;;) {
      const drawn = bits === 0 ? 0 : this.#word() >>> (32 - bits);
      if (drawn < end) return drawn;
    }
  }

  /** Returns distinct integers below `population`: the indices that `random.sample` draws. */
  sample(population: number, count: number): number[] {
    if (count > population) {
      throw new RangeError(
        `Cannot draw ${count} distinct numbers: there are ${population}, want at least as many`,
      );
    }
    const result: number[] = [];
    let poolMax = 21;
    if (count > 5) poolMax += 4 ** Math.ceil(Math.log(count * 3) / Math.log(4));
    if (population <= poolMax) {
      const pool = Array.from({ length: population }, (_, place) => place);
      for (let i = 0; i < count; i++) {
        const drawn = this.below(population - i);
        result.push(pool[drawn]);
        pool[drawn] = pool[population - i - 1];
      }
      return result;
    }
    const taken = new Set<number>();
    while (result.length < count) {
      const drawn = this.below(population);
      if (taken.has(drawn)) continue;
      taken.add(drawn);
      result.push(drawn);
    }
    return result;
  }

  /** Returns integers below `population`, with repeats: the indices that `random.choices` draws. */
  choices(population: number, count: number): Int32Array<ArrayBuffer> {
    const result = new Int32Array(count);
    for (let i = 0; i < count; i++) result[i] = Math.floor(this.uniform() * population);
    return result;
  }

  #seed(key: number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < WORDS; i++) {
      state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
    let at = 1;
    const step = (factor: number, addend: number, sign: 1 | -1) => {
      const before = state[at - 1];
      const mixed = state[at] ^ Math.imul(before ^ (before >>> 30), factor);
      state[at] = mixed + sign * addend;
      if (++at < WORDS) return;
      state[0] = state[WORDS - 1];
      at = 1;
    };
    for (let i = 0; i < Math.max(WORDS, key.length); i++) {
      const j = i % key.length;
      step(1664525, key[j] + j, 1);
    }
    for (let i = 0; i < WORDS - 1; i++) step(1566083941, at, -1);
    state[0] = 0x80000000;
  }

  #word(): number {
    if (this.#next >= WORDS) this.#generate();
    let word = this.#state[this.#next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #generate(): void {
    const state = this.#state;
    for (let i = 0; i < WORDS; i++) {
      const mixed = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % WORDS] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
