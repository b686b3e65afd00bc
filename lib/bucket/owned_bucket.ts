import { BucketDecorator } from "./bucket_decorator.ts";
import type { Bucket, CallOptions } from "./bucket.ts";

/** A bucket whose calls also end with the signal of its owner, a node that stops say. */
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
    return request({
      ...options,
      signal: signal ? AbortSignal.any([signal, this.signal]) : this.signal,
    });
  }
}
