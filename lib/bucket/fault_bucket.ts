import type { Clock } from "../clock/clock.ts";
import { BucketDecorator } from "./bucket_decorator.ts";
import {
  type Bucket,
  BucketUnavailableError,
  type CallOptions,
  checkGet,
  type GetOptions,
  type ListOptions,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStream,
  type StoredObject,
} from "./bucket.ts";

/** Faults of a store. */
export const BUCKET_FAULTS = [
  "error-500",
  "error-503",
  "timeout",
  "truncated",
  "stale-list",
  "lost-write",
  "wrong-modified",
] as const;

/** One fault of a store. */
export type BucketFault = typeof BUCKET_FAULTS[number];

/** Decides which faults happen. */
export interface BucketFaults {
  /** Fault of the next call; undefined for none. */
  next(): BucketFault | undefined;
  /** Duration of the next call. */
  latencyMs(): number;
  /** Error of a wrong modification time. */
  skewMs(): number;
}

/** Time after which a client gives up. */
const TIMEOUT_MS = 20_000;

/** A slow bucket that fails as told, for tests and simulations. */
export class FaultBucket extends BucketDecorator {
  #listed = new Map<string, ObjectInfo[]>();

  /** @param bucket Holds the objects. */
  constructor(bucket: Bucket, readonly clock: Clock, readonly faults: BucketFaults) {
    super(bucket);
  }

  /** See {@linkcode Bucket.put}. */
  override async put(
    key: string,
    content: Uint8Array | ObjectSource,
    options: CallOptions = {},
  ): Promise<ObjectInfo> {
    const fault = await this.#request(key, options);
    if (fault !== "lost-write") return await this.bucket.put(key, content, options);
    const bytes = content instanceof Uint8Array ? content.length : content.bytes;
    return { key, bytes, etag: "lost", modifiedMs: this.clock.nowMs() };
  }

  /** See {@linkcode Bucket.get}. */
  override async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    const fault = await this.#request(key, options);
    const { bytes, info } = await this.bucket.get(key, options);
    const length = fault === "truncated" ? bytes.length >> 1 : bytes.length;
    return { info: this.#skewed(info, fault), bytes: bytes.slice(0, length) };
  }

  /** See {@linkcode Bucket.stream}. */
  override async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const fault = await this.#request(key, options);
    const { body, info } = await this.bucket.stream(key, options);
    const { end, start } = checkGet(info, options);
    const whole = fault === "truncated" ? body.pipeThrough(truncate((end - start) >> 1)) : body;
    return { info: this.#skewed(info, fault), body: whole };
  }

  /** See {@linkcode Bucket.head}. */
  override async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const fault = await this.#request(key, options);
    const info = await this.bucket.head(key, options);
    return info && this.#skewed(info, fault);
  }

  /** See {@linkcode Bucket.list}. */
  override async list(prefix: string, options: ListOptions = {}): Promise<ObjectInfo[]> {
    const fault = await this.#request(prefix, options);
    const before = this.#listed.get(prefix);
    if (fault === "stale-list" && before) return before;
    const found = await this.bucket.list(prefix, options);
    this.#listed.set(prefix, found);
    return found;
  }

  /** See {@linkcode Bucket.delete}. */
  override async delete(key: string, options: CallOptions = {}): Promise<void> {
    await this.#request(key, options);
    await this.bucket.delete(key, options);
  }

  async #request(key: string, { signal }: CallOptions): Promise<BucketFault | undefined> {
    signal?.throwIfAborted();
    const fault = this.faults.next();
    const waitMs = fault === "timeout" ? TIMEOUT_MS : this.faults.latencyMs();
    await this.clock.sleepUntil(this.clock.nowMs() + waitMs, signal);
    if (fault === "timeout" || fault === "error-500" || fault === "error-503") {
      throw new BucketUnavailableError(`Cannot reach object "${key}": ${fault}`);
    }
    return fault;
  }

  #skewed(info: ObjectInfo, fault: BucketFault | undefined): ObjectInfo {
    return fault === "wrong-modified"
      ? { ...info, modifiedMs: info.modifiedMs + this.faults.skewMs() }
      : info;
  }
}

/** Ends a stream after some bytes. */
function truncate(bytes: number): TransformStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.slice(0, left));
      left -= chunk.length;
      if (left <= 0) controller.terminate();
    },
  });
}
