import type { Clock } from "./clock.ts";

/** A frozen clock, for replaying finished windows. It never waits. */
export class FrozenClock implements Clock {
  #nowMs = 0;

  /** Sets the time. */
  set(timeMs: number): void {
    this.#nowMs = timeMs;
  }

  /** See {@linkcode Clock.nowMs}. */
  nowMs(): number {
    return this.#nowMs;
  }

  /**
   * See {@linkcode Clock.sleepUntil}.
   *
   * @throws RangeError for a time in the future: the sleep would never end.
   */
  // deno-lint-ignore require-await
  async sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (timeMs > this.#nowMs) {
      throw new RangeError(
        `Cannot wait in the past: until ${timeMs}, want at most ${this.#nowMs}`,
      );
    }
  }
}
