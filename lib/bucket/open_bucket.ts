import type { Gate } from "../async/gate.ts";
import type { Clock } from "../clock/clock.ts";
import type { Bucket } from "./bucket.ts";
import { ConfirmingBucket } from "./confirming_bucket.ts";
import { LimitingBucket } from "./limiting_bucket.ts";
import { OwnedBucket } from "./owned_bucket.ts";
import { RetryBucket, type RetryOptions } from "./retry_bucket.ts";

/** A kind of bucket, the part of a URI before its first colon. */
export interface BucketKind {
  /** Opens the bucket at a location, the part of the URI after the colon. */
  readonly open: (location: string, clock: Clock) => Bucket;
  /** How calls are retried. */
  readonly retry: RetryOptions;
  /** Limits the calls at once to all buckets of the kind. */
  readonly gate: Gate;
}

/** What opening a bucket needs. */
export interface OpenBucketOptions {
  /** Kinds by name. */
  readonly kinds: Readonly<Record<string, BucketKind>>;
  /** Time for stamps and pauses. */
  readonly clock: Clock;
  /** Ends all calls to the bucket. */
  readonly signal: AbortSignal;
}

/**
 * Opens the bucket that a URI names, with everything around it that a node relies on: calls are limited,
 * confirmed, retried, and end with the owner's signal.
 *
 * @throws RangeError for a URI of another kind.
 *
 * @example
 * ```ts
 * import { Gate } from "../async/gate.ts";
 * import { SystemClock } from "../clock/system_clock.ts";
 * import { MemoryBucket } from "./memory_bucket.ts";
 * import { openBucket } from "./open_bucket.ts";
 * import assert from "node:assert/strict";
 *
 * const memory = {
 *   open: (_: string, clock: SystemClock) => new MemoryBucket(clock),
 *   retry: { tries: 1, pauseSeconds: 0 },
 *   gate: new Gate(8),
 * };
 * const { signal } = new AbortController();
 * const bucket = openBucket("memory:any", { kinds: { memory }, clock: new SystemClock(), signal });
 * await bucket.put("a", Uint8Array.of(7));
 * assert.deepEqual([...(await bucket.get("a")).bytes], [7]);
 * ```
 */
export function openBucket(uri: string, { clock, kinds, signal }: OpenBucketOptions): Bucket {
  const colon = uri.indexOf(":");
  const name = uri.slice(0, Math.max(0, colon));
  if (!Object.hasOwn(kinds, name)) {
    throw new RangeError(
      `Cannot open bucket: kind is ${JSON.stringify(name.slice(0, 40))}, want ${
        Object.keys(kinds).join(" or ")
      }`,
    );
  }
  const { gate, open, retry } = kinds[name];
  const limited = new LimitingBucket(open(uri.slice(colon + 1), clock), gate);
  return new OwnedBucket(new RetryBucket(new ConfirmingBucket(limited), clock, retry), signal);
}
