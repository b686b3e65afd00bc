import type { Clock } from "../clock/clock.ts";
import {
  type Bucket,
  checkGet,
  checkKey,
  type GetOptions,
  type ObjectInfo,
  ObjectNotFoundError,
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
  readonly #objects = new Map<string, { info: ObjectInfo; bytes: Uint8Array<ArrayBuffer> }>();
  #writes = 0;

  /** @param clock Stamps objects. */
  constructor(readonly clock: Clock) {}

  /** See {@linkcode Bucket.put}. */
  // deno-lint-ignore require-await
  async put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    checkKey(key);
    const info = {
      key,
      bytes: bytes.length,
      etag: String(++this.#writes),
      modifiedMs: this.clock.nowMs(),
    };
    this.#objects.set(key, { info, bytes: bytes.slice() });
    return info;
  }

  /** See {@linkcode Bucket.get}. */
  // deno-lint-ignore require-await
  async get(key: string, options: GetOptions = {}) {
    checkKey(key);
    const object = this.#objects.get(key);
    if (!object) throw new ObjectNotFoundError(`Cannot get object "${key}": there is none`);
    const { start, end } = checkGet(object.info, options);
    return { info: object.info, bytes: object.bytes.slice(start, end) };
  }

  /** See {@linkcode Bucket.head}. */
  // deno-lint-ignore require-await
  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return this.#objects.get(key)?.info;
  }

  /** See {@linkcode Bucket.list}. */
  // deno-lint-ignore require-await
  async list(prefix: string, { after = "", limit = Infinity } = {}): Promise<ObjectInfo[]> {
    return [...this.#objects.values()]
      .map(({ info }) => info)
      .filter(({ key }) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }

  /** See {@linkcode Bucket.delete}. */
  // deno-lint-ignore require-await
  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#objects.delete(key);
  }
}
