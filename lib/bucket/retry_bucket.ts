import { retry } from "../async/retry.ts";
import type { Clock } from "../clock/clock.ts";
import { BucketDecorator } from "./bucket_decorator.ts";
import {
  type Bucket,
  BucketUnavailableError,
  type CallOptions,
  checkGet,
  type GetOptions,
  type ObjectStream,
} from "./bucket.ts";

/** How often a call is tried. */
export interface RetryOptions {
  /** Attempts, the first included. */
  readonly tries: number;
  /** Pause before the second attempt; it doubles from then on. */
  readonly pauseSeconds: number;
}

/** A bucket whose calls are repeated while the store cannot be reached. A stream that breaks is resumed. */
export class RetryBucket extends BucketDecorator {
  constructor(bucket: Bucket, readonly clock: Clock, readonly options: RetryOptions) {
    super(bucket);
  }

  protected override call<Options extends CallOptions, Value>(
    options: Options,
    request: (options: Options) => Promise<Value>,
  ): Promise<Value> {
    const { pauseSeconds, tries } = this.options;
    return retry(() => request(options), {
      clock: this.clock,
      signal: options.signal,
      pauseMs: (error, tried) =>
        error instanceof BucketUnavailableError && tried < tries
          ? pauseSeconds * 1000 * 2 ** (tried - 1)
          : undefined,
    });
  }

  /** See {@linkcode Bucket.stream}. */
  override async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const { body, info } = await super.stream(key, options);
    const part = checkGet(info, options);
    let at = part.start;
    let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined = body.getReader();
    const cancelled = new AbortController();
    const signals = [cancelled.signal, ...(options.signal ? [options.signal] : [])];
    const signal = AbortSignal.any(signals);
    const next = async ({ signal }: CallOptions): Promise<Uint8Array<ArrayBuffer> | undefined> => {
      try {
        if (!reader) {
          const range = { start: at, end: part.end };
          const rest = await this.bucket.stream(key, { signal, ifMatch: info.etag, range });
          reader = rest.body.getReader();
        }
        return (await reader.read()).value;
      } catch (cause) {
        reader = undefined;
        if (at === part.end) return undefined;
        throw cause;
      }
    };
    const resumed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const chunk = await this.call({ signal }, next);
        if (!chunk) return controller.close();
        at += chunk.length;
        controller.enqueue(chunk);
      },
      cancel: async (reason) => {
        cancelled.abort(reason);
        await reader?.cancel(reason);
      },
    }, { highWaterMark: 0 });
    return { info, body: resumed };
  }
}
