/** Metadata of an object. */
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

/** Options of every call. */
export interface CallOptions {
  /** Ends the call with its reason, and whatever the call has begun. */
  readonly signal?: AbortSignal | undefined;
}

/** How an object is read. */
export interface GetOptions extends CallOptions {
  /** Refuse an object that was written since this etag was seen. */
  readonly ifMatch?: string | undefined;
  /** Part to read: first byte, and byte after the last; cut at the object's end. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Refuse to read more than this, before reading. */
  readonly bytesMax?: number | undefined;
}

/** Which objects are listed. */
export interface ListOptions extends CallOptions {
  /** Keys after this one. */
  readonly after?: string | undefined;
  /** Maximum number of objects. */
  readonly limit?: number | undefined;
}

/** An object in memory. */
export interface StoredObject {
  /** Metadata. */
  readonly info: ObjectInfo;
  /** The part that was asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An object as it comes. */
export interface ObjectStream {
  /** Metadata. */
  readonly info: ObjectInfo;
  /** The part that was asked for; read to its end, or cancelled. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Content that is too large for memory, a file say. It is read again when a part of it has to be sent again. */
export interface ObjectSource {
  /** Length. */
  readonly bytes: number;
  /** Content from byte `start` up to byte `end`. */
  stream(start: number, end: number): ReadableStream<Uint8Array>;
}

/**
 * Object storage, as far as every kind offers it: S3, a directory, memory. A put is atomic: readers see the
 * old object or the new one, whole; a put that fails or is aborted leaves the old one.
 */
export interface Bucket {
  /**
   * Writes an object.
   *
   * @throws RangeError for a bad key, or a source that is longer or shorter than it says.
   */
  put(key: string, content: Uint8Array | ObjectSource, options?: CallOptions): Promise<ObjectInfo>;
  /**
   * Reads an object or a part of it into memory.
   *
   * @throws ObjectNotFoundError, ObjectChangedError, ObjectTooLargeError, BucketUnavailableError
   * @throws RangeError when the range starts at or after the end.
   */
  get(key: string, options?: GetOptions): Promise<StoredObject>;
  /** The same as a stream; what goes wrong later is an error of the stream. */
  stream(key: string, options?: GetOptions): Promise<ObjectStream>;
  /** Metadata of an object; undefined when there is none. */
  head(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /** Objects whose keys start with a prefix, ascending by key. */
  list(prefix: string, options?: ListOptions): Promise<ObjectInfo[]>;
  /** Removes an object; no error when there is none. */
  delete(key: string, options?: CallOptions): Promise<void>;
}

/** There is no object under a key. */
export class ObjectNotFoundError extends Error {
  override readonly name = "ObjectNotFoundError";
}

/** The store cannot be reached now, or refuses this process; another attempt may succeed. */
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

/** Reports whether every store takes a text as a key. */
export function isKey(key: string): boolean {
  return key.length <= 512 && KEY.test(key);
}

/**
 * Refuses keys that not every store takes as they are: segments of letters, digits, `.`, `_` and `-`.
 *
 * @throws RangeError
 */
export function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new RangeError(
      `Cannot use object key: ${
        JSON.stringify(key.slice(0, 80))
      }, want segments of letters, digits, ".", "_", "-"`,
    );
  }
}

/** Checks a read against its options; returns the part to read. */
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
