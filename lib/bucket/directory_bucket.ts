import { join } from "node:path";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import type { Stats } from "node:fs";
import type { Clock } from "../clock/clock.ts";
import { chunksOf, streamOf } from "./_content.ts";
import {
  type Bucket,
  BucketUnavailableError,
  type CallOptions,
  checkGet,
  checkKey,
  type GetOptions,
  isKey,
  type ListOptions,
  type ObjectInfo,
  ObjectNotFoundError,
  type ObjectSource,
  type ObjectStream,
  type StoredObject,
} from "./bucket.ts";

/** Folder for files that are still being written; its name is no valid key. */
const INCOMING = ".incoming";

/** A bucket in a directory: one file an object. Writes go into a neighbouring file that is then renamed. */
export class DirectoryBucket implements Bucket {
  /**
   * @param root Directory; made when it is not there.
   * @param clock Stamps objects.
   */
  constructor(readonly root: string, readonly clock: Clock) {}

  /** Removes what interrupted writes have left. Only for the one process that writes. */
  async removeLeftovers(): Promise<void> {
    await rm(join(this.root, INCOMING), { recursive: true, force: true });
  }

  /** See {@linkcode Bucket.put}. */
  async put(
    key: string,
    content: Uint8Array | ObjectSource,
    { signal }: CallOptions = {},
  ): Promise<ObjectInfo> {
    signal?.throwIfAborted();
    checkKey(key);
    const target = join(this.root, key);
    const incoming = join(this.root, INCOMING, crypto.randomUUID());
    await mkdir(join(this.root, INCOMING), { recursive: true });
    await mkdir(join(target, ".."), { recursive: true });
    try {
      const file = await open(incoming, "w");
      try {
        for await (const chunk of chunksOf(key, content, signal)) await file.writeFile(chunk);
        const seconds = this.clock.nowMs() / 1000;
        await file.utimes(seconds, seconds);
        await file.sync();
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      await rename(incoming, target);
    } catch (cause) {
      await unlink(incoming).catch(() => {});
      throw cause;
    }
    return infoOf(key, await stat(target));
  }

  /** See {@linkcode Bucket.get}. */
  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    const { file, info, part } = await this.#open(key, options);
    try {
      return { info, bytes: await readPart(file, part.start, part.end, options.signal) };
    } finally {
      await file.close();
    }
  }

  /** See {@linkcode Bucket.stream}. */
  async stream(key: string, options: GetOptions = {}): Promise<ObjectStream> {
    const { file, info, part: { end, start } } = await this.#open(key, options);
    const read = (at: number, count: number) => readPart(file, start + at, start + at + count);
    return { info, body: streamOf(end - start, read, options.signal, () => file.close()) };
  }

  /** See {@linkcode Bucket.head}. */
  async head(key: string, { signal }: CallOptions = {}): Promise<ObjectInfo | undefined> {
    signal?.throwIfAborted();
    checkKey(key);
    const stats = await orUndefined(stat(join(this.root, key)));
    return stats?.isFile() ? infoOf(key, stats) : undefined;
  }

  /** See {@linkcode Bucket.list}. */
  async list(
    prefix: string,
    { after = "", limit = Infinity, signal }: ListOptions = {},
  ): Promise<ObjectInfo[]> {
    signal?.throwIfAborted();
    const keys = (await orUndefined(readdir(this.root, { recursive: true })) ?? [])
      .map((path) => path.replaceAll("\\", "/"))
      .filter((key) => isKey(key) && key.startsWith(prefix) && key > after)
      .sort();
    const found: ObjectInfo[] = [];
    for (const key of keys) {
      if (found.length >= limit) break;
      const info = await this.head(key, { signal });
      if (info) found.push(info);
    }
    return found;
  }

  /** See {@linkcode Bucket.delete}. */
  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    checkKey(key);
    await orUndefined(unlink(join(this.root, key)));
  }

  async #open(key: string, options: GetOptions) {
    // Asked first, since opening what is no file (a pipe, say) might never return.
    const file = await this.head(key, options) &&
      await orUndefined(open(join(this.root, key), "r"));
    if (!file) throw new ObjectNotFoundError(`Cannot get object "${key}": there is none`);
    try {
      // Of the open file: a rename over the name meanwhile does not mix two contents.
      const info = infoOf(key, await file.stat());
      return { file, info, part: checkGet(info, options) };
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }
}

/** The kernel's change time tells writes apart that fall into one moment of a virtual clock. */
function infoOf(key: string, stats: Stats): ObjectInfo {
  return {
    key,
    bytes: stats.size,
    etag: [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join("-"),
    modifiedMs: Math.round(stats.mtimeMs),
  };
}

async function readPart(file: FileHandle, start: number, end: number, signal?: AbortSignal) {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) return bytes.slice(0, at);
    at += bytesRead;
  }
  return bytes;
}

/** Errors of a single object or of access to it. */
const UNREADABLE = new Set(["EACCES", "EIO", "ELOOP", "ENAMETOOLONG", "EPERM"]);

async function orUndefined<Value>(operation: Promise<Value>): Promise<Value | undefined> {
  try {
    return await operation;
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (UNREADABLE.has(code ?? "")) throw new BucketUnavailableError(message, { cause });
    throw cause;
  }
}
