import type {
  Bucket,
  CallOptions,
  GetOptions,
  ListOptions,
  ObjectInfo,
  ObjectSource,
  ObjectStream,
  StoredObject,
} from "./bucket.ts";

/** A bucket around another one. It passes everything on; subclasses override what they change. */
export abstract class BucketDecorator implements Bucket {
  /** @param bucket What is asked. */
  constructor(readonly bucket: Bucket) {}

  /** Every call goes through here, with its options as they are passed on. */
  protected call<Options extends CallOptions, Value>(
    options: Options,
    request: (options: Options) => Promise<Value>,
  ): Promise<Value> {
    return request(options);
  }

  /** See {@linkcode Bucket.put}. */
  put(
    key: string,
    content: Uint8Array | ObjectSource,
    options: CallOptions = {},
  ): Promise<ObjectInfo> {
    return this.call(options, (options) => this.bucket.put(key, content, options));
  }

  /** See {@linkcode Bucket.get}. */
  get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    return this.call(options, (options) => this.bucket.get(key, options));
  }

  /** See {@linkcode Bucket.stream}. */
  stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    return this.call(options, (options) => this.bucket.stream(key, options));
  }

  /** See {@linkcode Bucket.head}. */
  head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.call(options, (options) => this.bucket.head(key, options));
  }

  /** See {@linkcode Bucket.list}. */
  list(prefix: string, options: ListOptions = {}): Promise<ObjectInfo[]> {
    return this.call(options, (options) => this.bucket.list(prefix, options));
  }

  /** See {@linkcode Bucket.delete}. */
  delete(key: string, options: CallOptions = {}): Promise<void> {
    return this.call(options, (options) => this.bucket.delete(key, options));
  }
}
