import { setImmediate } from "node:timers";
import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly timeMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/**
 * Virtual time for any number of tasks: when no task can make progress, it jumps to the next wake-up.
 * Simultaneous wake-ups fire in the order of their requests, so a run that waits only on this clock is
 * reproducible.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #busy = 0;
  #idle: (() => void) | undefined;
  /** Binary heap, earliest first. */
  readonly #sleepers: Sleeper[] = [];

  /** @param startMs Initial time. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** Number of waiting sleepers. */
  get waiting(): number {
    return this.#sleepers.length;
  }

  /** See {@linkcode Clock.nowMs}. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** See {@linkcode Clock.sleepUntil}. */
  async sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (timeMs <= this.#nowMs) return;
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(signal!.reason);
      signal?.addEventListener("abort", stop, { once: true });
      this.#push({
        timeMs,
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      });
    });
  }

  /** Stops time while a task runs that does not wait on this clock, e.g. on a real engine. */
  async during<Value>(task: () => Promise<Value>): Promise<Value> {
    this.#busy++;
    try {
      return await task();
    } finally {
      if (--this.#busy === 0) this.#idle?.();
    }
  }

  /**
   * Advances time until `done` returns true.
   *
   * @returns False if no sleepers are left or `untilMs` is reached.
   */
  async run(done: () => boolean, untilMs: number): Promise<boolean> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#busy > 0) await new Promise<void>((resolve) => this.#idle = resolve);
      else if (done()) return true;
      else if (this.#sleepers.length === 0 || this.#nowMs >= untilMs) return false;
      else this.#step();
    }
  }

  #step(): void {
    const next = this.#pop();
    this.#nowMs = Math.max(this.#nowMs, next.timeMs);
    next.wake();
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.push(sleeper) - 1;
    for (let up = (at - 1) >> 1; at > 0 && before(sleeper, heap[up]); up = (at - 1) >> 1) {
      heap[at] = heap[up];
      at = up;
    }
    heap[at] = sleeper;
  }

  #pop(): Sleeper {
    const heap = this.#sleepers;
    const first = heap[0];
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && before(heap[down + 1], heap[down])) down++;
      if (!before(heap[down], last)) break;
      heap[at] = heap[down];
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}
