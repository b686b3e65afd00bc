/** Time, handed to whatever needs it. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /**
   * Waits until a time; at once when it has passed.
   *
   * @param signal Ends the wait with its reason.
   */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void>;
}
