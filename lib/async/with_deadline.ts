import type { Clock } from "../clock/clock.ts";

/** A time limit on a task. */
export interface Deadline {
  /** Time. */
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
}

/**
 * Runs a task whose signal aborts at a deadline.
 *
 * @param task Has to end when its signal aborts.
 * @param late Makes the reason of that abort.
 */
export async function withDeadline<Value>(
  task: (signal: AbortSignal) => Promise<Value>,
  { clock, untilMs }: Deadline,
  late: () => Error,
  signal?: AbortSignal,
): Promise<Value> {
  const [expired, over] = [new AbortController(), new AbortController()];
  const ends = AbortSignal.any([...(signal ? [signal] : []), expired.signal]);
  clock.sleepUntil(untilMs, over.signal).then(() => expired.abort(late()), () => {});
  try {
    return await task(ends);
  } finally {
    over.abort();
  }
}
