import type { Clock } from "../clock/clock.ts";

/** When a task is tried again. */
export interface RetryPolicy {
  /** Time for the pauses. */
  readonly clock: Clock;
  /** Ends attempts and pauses with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Pause after a failed attempt, milliseconds; undefined gives up.
   *
   * @param tried Attempts so far, from 1.
   */
  readonly pauseMs: (error: unknown, tried: number) => number | undefined;
}

/**
 * Repeats a task until it succeeds or its policy gives up.
 *
 * @throws The error of the last attempt, or the signal's reason.
 */
export async function retry<Value>(
  task: () => Promise<Value>,
  { clock, pauseMs, signal }: RetryPolicy,
): Promise<Value> {
  for (let tried = 1;; tried++) {
    signal?.throwIfAborted();
    try {
      return await task();
    } catch (cause) {
      signal?.throwIfAborted();
      const pause = pauseMs(cause, tried);
      if (pause === undefined) throw cause;
      await clock.sleepUntil(clock.nowMs() + pause, signal);
    }
  }
}
