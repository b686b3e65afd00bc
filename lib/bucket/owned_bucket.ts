import { BucketDecorator } from "./bucket_decorator.ts";
import type { Bucket, CallOptions } from "./bucket.ts";

/** Signals of owners joined with those of calls: one for all calls that share a signal. */
const JOINED = new WeakMap<AbortSignal, WeakMap<AbortSignal, AbortSignal>>();

/** A bucket whose calls also end with the signal of its owner, such as a node that stops. */
export class OwnedBucket extends BucketDecorator {
  /** @param signal The owner's. */
  constructor(bucket: Bucket, readonly signal: AbortSignal) {
    super(bucket);
  }

  protected override call<Options extends CallOptions, Value>(
    options: Options,
    request: (options: Options) => Promise<Value>,
  ): Promise<Value> {
    const { signal } = options;
    return request({ ...options, signal: signal ? join(this.signal, signal) : this.signal });
  }
}

function join(owner: AbortSignal, call: AbortSignal): AbortSignal {
  let joined = JOINED.get(owner);
  if (!joined) JOINED.set(owner, joined = new WeakMap());
  let both = joined.get(call);
  if (!both) joined.set(call, both = AbortSignal.any([owner, call]));
  return both;
}
