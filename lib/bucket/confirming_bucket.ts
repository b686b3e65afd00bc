import { type Bucket, BucketUnavailableError, type GetOptions, type ObjectInfo } from "./bucket.ts";

/**
 * A bucket that does not take the store's word: what was written is looked for, and what was read has to be
 * as long as the store says. What does not hold counts as a store that cannot be reached, to be tried again.
 */
export class ConfirmingBucket implements Bucket {
  /** @param bucket What is asked. */
  constructor(readonly bucket: Bucket) {}

  /** See {@linkcode Bucket.put}. */
  async put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    const before = await this.bucket.head(key);
    const info = await this.bucket.put(key, bytes);
    const there = await this.bucket.head(key);
    // Another writer may have come in between; nobody may have left what was there before.
    const untouched = there?.etag === before?.etag && there?.etag !== info.etag;
    if (!there || untouched) {
      throw new BucketUnavailableError(
        `Cannot put object "${key}": the store said it was written, and does not have it`,
      );
    }
    return info;
  }

  /** See {@linkcode Bucket.get}. */
  async get(key: string, options: GetOptions = {}): ReturnType<Bucket["get"]> {
    const found = await this.bucket.get(key, options);
    const { start, end } = options.range ?? { start: 0, end: found.info.bytes };
    const wanted = Math.min(end, found.info.bytes) - start;
    if (found.bytes.length !== wanted) {
      throw new BucketUnavailableError(
        `Cannot get object "${key}": ${found.bytes.length} bytes came, want ${wanted}`,
      );
    }
    return found;
  }

  /** See {@linkcode Bucket.head}. */
  head(key: string): Promise<ObjectInfo | undefined> {
    return this.bucket.head(key);
  }

  /** See {@linkcode Bucket.list}. */
  list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<ObjectInfo[]> {
    return this.bucket.list(prefix, options);
  }

  /** See {@linkcode Bucket.delete}. */
  delete(key: string): Promise<void> {
    return this.bucket.delete(key);
  }
}
