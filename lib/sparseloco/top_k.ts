/** Shift to the histogram bits of a float's magnitude: eight of the exponent, three of the mantissa. */
const HISTOGRAM_SHIFT = 20;
const BINS = 1 << (31 - HISTOGRAM_SHIFT);

/**
 * Selects the largest magnitudes of chunks of one length. Magnitudes are compared as integers (float bits
 * sort like magnitudes); on ties the lower index wins.
 */
export class TopK {
  readonly #histogram = new Uint32Array(BINS);
  readonly #candidates: Uint16Array;
  readonly #keys: Float64Array;
  #guess = 0;

  /**
   * @param length Elements per chunk, at most 4096.
   * @param kept Elements to keep.
   */
  constructor(readonly length: number, readonly kept: number) {
    this.#candidates = new Uint16Array(length);
    this.#keys = new Float64Array(length);
  }

  /**
   * Writes the indices of the largest magnitudes, ascending.
   *
   * @param bits Bits of the chunk's f32 elements, sign included, [length].
   * @param out Receives the indices, starting at `at`.
   */
  select(bits: Int32Array, out: Uint16Array, at: number): void {
    const { length, kept } = this;
    if (kept === length) {
      for (let i = 0; i < length; i++) out[at + i] = i;
      return;
    }
    let count = this.#collect(bits, this.#guess);
    // The previous chunk's threshold usually fits; if not, derive it from a histogram and start over.
    if (count < kept || count > 4 * kept) {
      this.#guess = this.#threshold(bits);
      count = this.#collect(bits, this.#guess);
    }
    if (count > 2 * kept) this.#guess += 1 << (HISTOGRAM_SHIFT - 1);
    else if (count < kept + (kept >> 2)) {
      this.#guess = Math.max(0, this.#guess - (1 << (HISTOGRAM_SHIFT - 2)));
    }
    const chosen = count === kept ? this.#candidates.subarray(0, count) : this.#best(bits, count);
    out.set(chosen, at);
  }

  /** Collects the indices whose magnitude bits reach the threshold, ascending. */
  #collect(bits: Int32Array, threshold: number): number {
    const candidates = this.#candidates;
    let count = 0;
    for (let i = 0; i < bits.length; i++) {
      candidates[count] = i;
      count += (bits[i] & 0x7fffffff) >= threshold ? 1 : 0;
    }
    return count;
  }

  /** Returns the largest bin boundary that at least `kept` magnitudes reach. */
  #threshold(bits: Int32Array): number {
    const histogram = this.#histogram.fill(0);
    for (let i = 0; i < bits.length; i++) histogram[(bits[i] & 0x7fffffff) >>> HISTOGRAM_SHIFT]++;
    let bin = BINS;
    for (let seen = 0; seen < this.kept;) seen += histogram[--bin];
    return bin << HISTOGRAM_SHIFT;
  }

  /** Returns the best `kept` of the candidates, ascending by index. */
  #best(bits: Int32Array, count: number): Uint16Array {
    // High bits: magnitude; low bits: complement of the index. One exact double orders by both.
    const keys = this.#keys;
    for (let i = 0; i < count; i++) {
      const index = this.#candidates[i];
      keys[i] = (bits[index] & 0x7fffffff) * 65536 + (65535 - index);
    }
    const sorted = keys.subarray(0, count).sort();
    const { kept } = this;
    const chosen = this.#candidates.subarray(0, kept);
    for (let i = 0; i < kept; i++) chosen[i] = 65535 - (sorted[count - 1 - i] % 65536);
    return chosen.sort();
  }
}
