import type { Clock } from "../clock/clock.ts";
import { type Bucket, BucketUnavailableError, type GetOptions, type ObjectInfo } from "./bucket.ts";

/** What a store may do wrong. */
export const BUCKET_FAULTS = [
  "error-500",
  "error-503",
  "timeout",
  "truncated",
  "stale-list",
  "lost-write",
  "wrong-modified",
] as const;

/** One thing that a store does wrong. */
export type BucketFault = typeof BUCKET_FAULTS[number];

/** Decides what goes wrong. */
export interface BucketFaults {
  /** Fault of the next request; undefined for none. */
  next(): BucketFault | undefined;
  /** How long the next request takes. */
  latencyMs(): number;
  /** By how much a wrong time is off. */
  skewMs(): number;
}

/** Time after which a client gives up. */
const TIMEOUT_MS = 20_000;

/** A bucket that is slow and goes wrong as told, for tests and simulations. */
export class FaultBucket implements Bucket {
  #listed = new Map<string, ObjectInfo[]>();

  /** @param bucket What has the objects. */
  constructor(readonly bucket: Bucket, readonly clock: Clock, readonly faults: BucketFaults) {}

  /** See {@linkcode Bucket.put}. */
  async put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    const fault = await this.#request(key);
    if (fault !== "lost-write") return await this.bucket.put(key, bytes);
    return { key, bytes: bytes.length, etag: "lost", modifiedMs: this.clock.nowMs() };
  }

  /** See {@linkcode Bucket.get}. */
  async get(key: string, options: GetOptions = {}): ReturnType<Bucket["get"]> {
    const fault = await this.#request(key);
    const { bytes, info } = await this.bucket.get(key, options);
    const length = fault === "truncated" ? bytes.length >> 1 : bytes.length;
    return { info: this.#skewed(info, fault), bytes: bytes.slice(0, length) };
  }

  /** See {@linkcode Bucket.head}. */
  async head(key: string): Promise<ObjectInfo | undefined> {
    const fault = await this.#request(key);
    const info = await this.bucket.head(key);
    return info && this.#skewed(info, fault);
  }

  /** See {@linkcode Bucket.list}. */
  async list(
    prefix: string,
    options: { after?: string; limit?: number } = {},
  ): Promise<ObjectInfo[]> {
    const fault = await this.#request(prefix);
    const before = this.#listed.get(prefix);
    if (fault === "stale-list" && before) return before;
    const found = await this.bucket.list(prefix, options);
    this.#listed.set(prefix, found);
    return found;
  }

  /** See {@linkcode Bucket.delete}. */
  async delete(key: string): Promise<void> {
    await this.#request(key);
    await this.bucket.delete(key);
  }

  async #request(key: string): Promise<BucketFault | undefined> {
    const fault = this.faults.next();
    const waitMs = fault === "timeout" ? TIMEOUT_MS : this.faults.latencyMs();
    await this.clock.sleepUntil(this.clock.nowMs() + waitMs);
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
