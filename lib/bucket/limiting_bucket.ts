import type { Gate } from "../async/gate.ts";
import { BucketDecorator } from "./bucket_decorator.ts";
import type { Bucket, CallOptions, GetOptions, ObjectStream } from "./bucket.ts";

/** A bucket with a limited number of calls at once. A stream counts until it is over. */
export class LimitingBucket extends BucketDecorator {
  /** @param gate May be shared between buckets. */
  constructor(bucket: Bucket, readonly gate: Gate) {
    super(bucket);
  }

  protected override call<Options extends CallOptions, Value>(
    options: Options,
    request: (options: Options) => Promise<Value>,
  ): Promise<Value> {
    return this.gate.pass(() => request(options), options.signal);
  }

  /** See {@linkcode Bucket.stream}. */
  override async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const leave = await this.gate.enter(options.signal);
    try {
      const { body, info } = await this.bucket.stream(key, options);
      const reader = body.getReader();
      reader.closed.then(leave, leave);
      return { info, body: streamOfReader(reader) };
    } catch (cause) {
      leave();
      throw cause;
    }
  }
}

function streamOfReader<Chunk>(reader: ReadableStreamDefaultReader<Chunk>): ReadableStream<Chunk> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
