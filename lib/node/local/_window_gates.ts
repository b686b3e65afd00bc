/**
 * Gates that hold each window back until the validator has scored the previous one and its end was reported.
 * One machine gains nothing from doing both at once, and reports come in order.
 */
export class WindowGates {
  readonly #windows = new Map<number, PromiseWithResolvers<void>>();
  #isClosed = false;

  /** Waits until a window may begin. */
  passed(window: number): Promise<void> {
    return this.#gate(window).promise;
  }

  /** Lets a window begin. */
  open(window: number): void {
    this.#gate(window).resolve();
  }

  /** Ends all current and future waits. */
  close(): void {
    this.#isClosed = true;
    for (const { resolve } of this.#windows.values()) resolve();
  }

  #gate(window: number): PromiseWithResolvers<void> {
    const gate = this.#windows.get(window) ?? Promise.withResolvers<void>();
    if (this.#isClosed) gate.resolve();
    this.#windows.set(window, gate);
    return gate;
  }
}
