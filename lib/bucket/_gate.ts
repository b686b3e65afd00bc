/** Lets so many tasks run at the same time; the others wait in line. */
export class Gate {
  #free: number;
  readonly #line: (() => void)[] = [];

  /** @param places Tasks at the same time. */
  constructor(places: number) {
    this.#free = places;
  }

  /** Runs a task when there is a place. */
  async pass<Value>(task: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
