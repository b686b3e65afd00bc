import { Pcg64 } from "./pcg64.ts";
import type { Random } from "./random.ts";

/** Random numbers determined by a seed, the same on every machine. Not for keys of value. */
export class SeededRandom implements Random {
  readonly #generator: Pcg64;
  #spare: number | undefined;

  /** @param seed Non-negative integer. */
  constructor(seed: bigint) {
    this.#generator = new Pcg64(seed);
  }

  /** See {@linkcode Random.uniform}. */
  uniform(): number {
    const high = this.#generator.next32() >>> 5;
    const low = this.#generator.next32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** See {@linkcode Random.normal}. Uses Marsaglia's polar method. */
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
