/** What a bucket knows about an object. */
export interface ObjectInfo {
  /** Name of the object. */
  readonly key: string;
  /** Length. */
  readonly bytes: number;
  /** Changes whenever the content is written; opaque. */
  readonly etag: string;
  /** When the store received it, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** How an object is read. */
export interface GetOptions {
  /** Refuse an object that was written since this etag was seen. */
  readonly ifMatch?: string;
  /** Part to read: first byte, and byte behind the last; cut at the object's end. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Refuse to read more than this, before reading. */
  readonly bytesMax?: number;
}

/**
 * Object storage, as far as every kind offers it: S3, a directory, memory. A put is atomic: readers see the
 * old object or the new one, whole.
 */
export interface Bucket {
  /** Writes an object. */
  put(key: string, bytes: Uint8Array): Promise<ObjectInfo>;
  /**
   * Reads an object or a part of it.
   *
   * @throws ObjectNotFoundError, ObjectChangedError, ObjectTooLargeError, BucketUnavailableError
   * @throws RangeError when the range starts at or behind the end.
   */
  get(
    key: string,
    options?: GetOptions,
  ): Promise<{ info: ObjectInfo; bytes: Uint8Array<ArrayBuffer> }>;
  /** Facts about an object; undefined when there is none. */
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Objects whose keys start with a prefix, ascending by key, from behind `after` on. */
  list(prefix: string, options?: { after?: string; limit?: number }): Promise<ObjectInfo[]>;
  /** Removes an object; no error when there is none. */
  delete(key: string): Promise<void>;
}

/** There is no object under a key. */
export class ObjectNotFoundError extends Error {
  override readonly name = "ObjectNotFoundError";
}

/** The store cannot be read now, or not by us: no fault of this process. */
export class BucketUnavailableError extends Error {
  override readonly name = "BucketUnavailableError";
}

/** The object was written since the caller saw it. */
export class ObjectChangedError extends Error {
  override readonly name = "ObjectChangedError";
}

/** The object is longer than the caller allows. */
export class ObjectTooLargeError extends Error {
  override readonly name = "ObjectTooLargeError";
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * Refuses keys that not every store takes as they are: segments of letters, digits, `.`, `_` and `-`.
 *
 * @throws RangeError
 */
export function checkKey(key: string): void {
  if (key.length > 512 || !KEY.test(key)) {
    throw new RangeError(
      `Cannot use object key: ${
        JSON.stringify(key.slice(0, 80))
      }, want segments of letters, digits, ".", "_", "-"`,
    );
  }
}

/** Checks a read against its options; gives the part to read. */
export function checkGet(
  info: ObjectInfo,
  { ifMatch, range, bytesMax }: GetOptions,
): { start: number; end: number } {
  if (ifMatch !== undefined && ifMatch !== info.etag) {
    throw new ObjectChangedError(
      `Cannot get object "${info.key}": etag is ${info.etag}, want ${ifMatch}`,
    );
  }
  const { start, end } = range ?? { start: 0, end: info.bytes };
  if (range && (start < 0 || start >= info.bytes || end <= start)) {
    throw new RangeError(
      `Cannot get object "${info.key}": range is ${start} to ${end}, want within ${info.bytes} bytes`,
    );
  }
  const part = { start, end: Math.min(end, info.bytes) };
  if (bytesMax !== undefined && part.end - part.start > bytesMax) {
    throw new ObjectTooLargeError(
      `Cannot get object "${info.key}": ${part.end - part.start} bytes, want at most ${bytesMax}`,
    );
  }
  return part;
}
