/** What rounding has changed, over all tensors of a conversion. */
export class LossReport {
  #largest = 0;
  #where = "";
  #errors = 0;
  #values = 0;

  /**
   * Adds elements.
   *
   * @param name Tensor that they belong to.
   * @param largest Largest absolute difference.
   * @param errors Sum of squared differences.
   * @param values Sum of squared values before.
   */
  add(name: string, largest: number, errors: number, values: number): void {
    if (largest > this.#largest) [this.#largest, this.#where] = [largest, name];
    this.#errors += errors;
    this.#values += values;
  }

  /** A sentence on what was lost; undefined when every value is the same. */
  summary(): string | undefined {
    if (this.#largest === 0) return undefined;
    const relative = Math.sqrt(this.#errors / this.#values);
    return `rounded: largest error ${
      this.#largest.toExponential(2)
    } (${this.#where}), relative error ${relative.toExponential(2)}`;
  }
}
