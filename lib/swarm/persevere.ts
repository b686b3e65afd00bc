import { retry } from "../async/retry.ts";
import { BucketUnavailableError } from "../bucket/bucket.ts";
import { ChainUnavailableError } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";

/** Retry policy for transient bucket and chain errors. */
export interface Perseverance {
  /** Time. */
  readonly clock: Clock;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
  /** Pause between attempts; undefined gives up at once, which suits a store that is a local disk. */
  readonly retrySeconds?: number | undefined;
  /** Called after each failure. */
  readonly onDelay: (reason: string) => void;
}

/** Whether an error is of the world outside, and may be gone on another try. */
export function isTransient(error: unknown): boolean {
  return error instanceof BucketUnavailableError || error instanceof ChainUnavailableError;
}

/** Repeats a task until store and chain let it through; other errors end it. */
export async function persevere<Value>(
  task: () => Promise<Value>,
  { clock, onDelay, retrySeconds, signal }: Perseverance,
): Promise<Value> {
  const pauseMs = (error: unknown) => {
    if (retrySeconds === undefined || !isTransient(error)) return undefined;
    onDelay((error as Error).message);
    return retrySeconds * 1000;
  };
  return await retry(task, { clock, signal, pauseMs });
}
