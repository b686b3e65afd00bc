import type { Clock } from "../clock/clock.ts";
import { chunksOf, streamOf } from "./_content.ts";
import {
  type Bucket,
  type CallOptions,
  checkGet,
  checkKey,
  type GetOptions,
  type ListOptions,
  type ObjectInfo,
  ObjectNotFoundError,
  type ObjectSource,
  type ObjectStream,
  type StoredObject,
} from "./bucket.ts";

/**
 * A bucket in memory, for tests and simulations.
 *
 * @example
 * ```ts
 * import { SystemClock } from "../clock/system_clock.ts";
 * import { MemoryBucket } from "./memory_bucket.ts";
 * import assert from "node:assert/strict";
 *
 * const bucket = new MemoryBucket(new SystemClock());
 * const { etag } = await bucket.put("a/b", new Uint8Array([1, 2, 3]));
 * const { bytes } = await bucket.get("a/b", { ifMatch: etag, range: { start: 1, end: 3 } });
 * assert.deepEqual([...bytes], [2, 3]);
 * ```
 */
export class MemoryBucket implements Bucket {
  readonly #objects = new Map<string, StoredObject>();
  #writes = 0;

  /** @param clock Stamps objects. */
  constructor(readonly clock: Clock) {}

  /** See {@linkcode Bucket.put}. */
  async put(
    key: string,
    content: Uint8Array | ObjectSource,
    { signal }: CallOptions = {},
  ): Promise<ObjectInfo> {
    checkKey(key);
    const bytes = new Uint8Array(content instanceof Uint8Array ? content.length : content.bytes);
    let at = 0;
    for await (const chunk of chunksOf(key, content, signal)) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    const etag = String(++this.#writes);
    const info = { key, bytes: bytes.length, etag, modifiedMs: this.clock.nowMs() };
    this.#objects.set(key, { info, bytes });
    return info;
  }

  /** See {@linkcode Bucket.get}. */
  // deno-lint-ignore require-await
  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    const { info, bytes } = this.#part(key, options);
    return { info, bytes: bytes.slice() };
  }

  /** See {@linkcode Bucket.stream}. */
  // deno-lint-ignore require-await
  async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const { info, bytes } = this.#part(key, options);
    const read = (at: number, count: number) => Promise.resolve(bytes.slice(at, at + count));
    return { info, body: streamOf(bytes.length, read, options.signal) };
  }

  /** See {@linkcode Bucket.head}. */
  // deno-lint-ignore require-await
  async head(key: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    signal?.throwIfAborted();
    checkKey(key);
    return this.#objects.get(key)?.info;
  }

  /** See {@linkcode Bucket.list}. */
  // deno-lint-ignore require-await
  async list(
    prefix: string,
    { after = "", limit = Infinity, signal }: ListOptions = {},
  ): Promise<ObjectInfo[]> {
    signal?.throwIfAborted();
    return [...this.#objects.values()]
      .map(({ info }) => info)
      .filter(({ key }) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }

  /** See {@linkcode Bucket.delete}. */
  // deno-lint-ignore require-await
  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    checkKey(key);
    this.#objects.delete(key);
  }

  #part(key: string, options: GetOptions): StoredObject {
    options.signal?.throwIfAborted();
    checkKey(key);
    const object = this.#objects.get(key);
    if (!object) throw new ObjectNotFoundError(`Cannot get object "${key}": there is none`);
    const { start, end } = checkGet(object.info, options);
    return { info: object.info, bytes: object.bytes.subarray(start, end) };
  }
}
