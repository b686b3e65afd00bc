import { retry } from "../async/retry.ts";
import { BucketUnavailableError } from "../bucket/bucket.ts";
import { ChainUnavailableError } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";

/** Retry policy for transient bucket and chain errors. */
export interface TransientRetry {
  /** Source of time. */
  readonly clock: Clock;
  /** Aborts the attempts. */
  readonly signal: AbortSignal;
  /** Delay between attempts; undefined gives up at once, which suits a store on a local disk. */
  readonly retrySeconds?: number | undefined;
  /** Called after each failure. */
  readonly onDelay: (reason: string) => void;
}

/** Reports whether an error is external and may be gone on a retry. */
export function isTransient(error: unknown): boolean {
  return error instanceof BucketUnavailableError || error instanceof ChainUnavailableError;
}

/** Retries a task on transient bucket and chain errors; other errors are thrown at once. */
export async function retryTransient<Value>(
  task: () => Promise<Value>,
  { clock, onDelay, retrySeconds, signal }: TransientRetry,
): Promise<Value> {
  const pauseMs = (error: unknown) => {
    if (retrySeconds === undefined || !isTransient(error)) return undefined;
    onDelay((error as Error).message);
    return retrySeconds * 1000;
  };
  return await retry(task, { clock, signal, pauseMs });
}
