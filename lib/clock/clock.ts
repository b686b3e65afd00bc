/** Source of time, injected where needed. */
export interface Clock {
  /** Returns the time in milliseconds since 1970. */
  nowMs(): number;
  /**
   * Waits until a time; returns at once if it has passed.
   *
   * @param signal Aborts the wait with its reason.
   */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void>;
}
