import { BucketDecorator } from "./bucket_decorator.ts";
import {
  BucketUnavailableError,
  type CallOptions,
  checkGet,
  type GetOptions,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStream,
  type StoredObject,
} from "./bucket.ts";

/**
 * A bucket that checks the store's answers: what was written is looked up, and what was read has to be as
 * long as its metadata says. A failed check is a BucketUnavailableError, to be tried again.
 */
export class ConfirmingBucket extends BucketDecorator {
  /** See {@linkcode Bucket.put}. */
  override async put(
    key: string,
    content: Uint8Array | ObjectSource,
    options: CallOptions = {},
  ): Promise<ObjectInfo> {
    const before = await this.bucket.head(key, options);
    const info = await this.bucket.put(key, content, options);
    const after = await this.bucket.head(key, options);
    // Another writer may have come in between; the object from before must not be there any more.
    const untouched = after?.etag === before?.etag && after?.etag !== info.etag;
    if (!after || untouched) {
      throw new BucketUnavailableError(
        `Cannot put object "${key}": the store reported success and does not have it`,
      );
    }
    return info;
  }

  /** See {@linkcode Bucket.get}. */
  override async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    const found = await this.bucket.get(key, options);
    checkLength(found.info, options, found.bytes.length);
    return found;
  }

  /** See {@linkcode Bucket.stream}. */
  override async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const { body, info } = await this.bucket.stream(key, options);
    let bytes = 0;
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.length;
        controller.enqueue(chunk);
      },
      flush: () => checkLength(info, options, bytes),
    });
    return { info, body: body.pipeThrough(counted) };
  }
}

function checkLength(info: ObjectInfo, options: GetOptions, bytes: number): void {
  const { end, start } = checkGet(info, { range: options.range });
  if (bytes === end - start) return;
  throw new BucketUnavailableError(
    `Cannot get object "${info.key}": ${bytes} bytes came, want ${end - start}`,
  );
}
