import type { Clock } from "../clock/clock.ts";
import { type Bucket, BucketUnavailableError, type GetOptions, type ObjectInfo } from "./bucket.ts";

/** How often a request is tried, and how long between. */
export interface RetryOptions {
  /** Tries, the first included. */
  readonly tries: number;
  /** Pause before the second try; it doubles from then on. */
  readonly pauseSeconds: number;
}

/** A bucket whose requests are tried again while the store cannot be reached. */
export class RetryBucket implements Bucket {
  /** @param bucket What is asked. */
  constructor(readonly bucket: Bucket, readonly clock: Clock, readonly options: RetryOptions) {}

  /** See {@linkcode Bucket.put}. */
  put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    return this.#retry(() => this.bucket.put(key, bytes));
  }

  /** See {@linkcode Bucket.get}. */
  get(key: string, options: GetOptions = {}): ReturnType<Bucket["get"]> {
    return this.#retry(() => this.bucket.get(key, options));
  }

  /** See {@linkcode Bucket.head}. */
  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#retry(() => this.bucket.head(key));
  }

  /** See {@linkcode Bucket.list}. */
  list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<ObjectInfo[]> {
    return this.#retry(() => this.bucket.list(prefix, options));
  }

  /** See {@linkcode Bucket.delete}. */
  delete(key: string): Promise<void> {
    return this.#retry(() => this.bucket.delete(key));
  }

  async #retry<Value>(request: () => Promise<Value>): Promise<Value> {
    const { pauseSeconds, tries } = this.options;
    for (let tried = 1;; tried++) {
      try {
        return await request();
      } catch (cause) {
        if (!(cause instanceof BucketUnavailableError) || tried >= tries) throw cause;
        await this.clock.sleepUntil(
          this.clock.nowMs() + pauseSeconds * 1000 * 2 ** (tried - 1),
        );
      }
    }
  }
}
