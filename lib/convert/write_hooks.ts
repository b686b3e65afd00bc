/** What a conversion reports to, and what ends it. */
export interface WriteHooks {
  /** Called as weights are written, with the bytes since the last call. */
  readonly onBytes: (bytes: number) => void;
  /** Ends the conversion; what has been replaced stays. */
  readonly signal: AbortSignal;
}
