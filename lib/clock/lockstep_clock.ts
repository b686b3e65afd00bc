import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly timeMs: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Virtual time for a known number of participants: it stands still while any of them works, and jumps to
 * the earliest wake-up when all of them sleep. A swarm on one machine passes the protocol's waits
 * instantly and deterministically.
 */
export class LockstepClock implements Clock {
  #nowMs: number;
  #participants: number;
  #sleepers: Sleeper[] = [];

  /**
   * @param startMs Initial time.
   * @param participants Number of tasks that share the clock.
   */
  constructor(startMs: number, participants: number) {
    this.#nowMs = startMs;
    this.#participants = participants;
  }

  /** See {@linkcode Clock.nowMs}. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** See {@linkcode Clock.sleepUntil}. */
  async sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (timeMs <= this.#nowMs) return;
    const sleeper = { timeMs, done: Promise.withResolvers<void>() };
    const wake = () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      sleeper.done.reject(signal!.reason);
    };
    signal?.addEventListener("abort", wake, { once: true });
    this.#sleepers.push(sleeper);
    this.#advance();
    try {
      await sleeper.done.promise;
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  /** Removes one participant; the others no longer wait for it. */
  leave(): void {
    this.#participants--;
    this.#advance();
  }

  #advance(): void {
    if (this.#sleepers.length === 0 || this.#sleepers.length < this.#participants) return;
    this.#nowMs = Math.min(...this.#sleepers.map(({ timeMs }) => timeMs));
    const due = this.#sleepers.filter(({ timeMs }) => timeMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ timeMs }) => timeMs > this.#nowMs);
    for (const { done } of due) done.resolve();
  }
}
