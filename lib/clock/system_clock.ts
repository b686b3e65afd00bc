import type { Clock } from "./clock.ts";

/** Maximum delay of a timer; longer waits are split into several. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The system clock. */
export class SystemClock implements Clock {
  /** See {@linkcode Clock.nowMs}. */
  nowMs(): number {
    return Date.now();
  }

  /** See {@linkcode Clock.sleepUntil}. */
  async sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    for (let rest = timeMs - this.nowMs(); rest > 0; rest = timeMs - this.nowMs()) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(finish, Math.min(rest, TIMER_MS_MAX));
        function finish() {
          clearTimeout(timer);
          signal?.removeEventListener("abort", finish);
          if (signal?.aborted) reject(signal.reason);
          else resolve();
        }
        signal?.addEventListener("abort", finish, { once: true });
      });
    }
  }
}
