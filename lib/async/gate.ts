/** A semaphore: at most a given number of tasks run at once, the others queue in order. */
export class Gate {
  #free: number;
  readonly #queue: (() => void)[] = [];

  /** @param places Maximum number of tasks that run at once. */
  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Runs a task as soon as a place is free.
   *
   * @param signal Leaves the queue with the signal's reason.
   */
  async pass<Value>(task: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const leave = await this.enter(signal);
    try {
      return await task();
    } finally {
      leave();
    }
  }

  /**
   * Takes a place as soon as one is free, for tasks that end elsewhere.
   *
   * @returns Frees the place; further calls do nothing.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#queue.shift();
      if (next) next();
      else this.#free++;
    };
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    const admit = () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const abort = () => {
      this.#queue.splice(this.#queue.indexOf(admit), 1);
      reject(signal!.reason);
    };
    this.#queue.push(admit);
    signal?.addEventListener("abort", abort, { once: true });
    await promise;
  }
}
