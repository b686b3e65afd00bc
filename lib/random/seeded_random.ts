import { PermutedGenerator } from "./permuted_generator.ts";
import type { Random } from "./random.ts";

/** Random numbers that one seed decides, the same on every machine. Not for keys of value. */
export class SeededRandom implements Random {
  readonly #generator: PermutedGenerator;
  #spare: number | undefined;

  /** @param seed Any integer from 0. */
  constructor(seed: bigint) {
    this.#generator = new PermutedGenerator(seed);
  }

  /** See {@linkcode Random.uniform}. */
  uniform(): number {
    const high = this.#generator.next32() >>> 5;
    const low = this.#generator.next32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** See {@linkcode Random.normal}. Marsaglia's polar method. */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    let u, v, s;
    do {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    this.#spare = v * factor;
    return u * factor;
  }

  /** See {@linkcode Random.bytes}. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.#generator.next32() & 255);
  }
}
