import { join } from "node:path";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import type { Stats } from "node:fs";
import { Gate } from "./_gate.ts";
import type { Clock } from "../clock/clock.ts";
import {
  type Bucket,
  BucketUnavailableError,
  checkGet,
  checkKey,
  type GetOptions,
  type ObjectInfo,
  ObjectNotFoundError,
} from "./bucket.ts";

/** Folder for files that are still being written; its name is no valid key. */
const INCOMING = ".incoming";

/** Files that all directory buckets of a process have open at most: some systems allow only 256. */
const OPEN_FILES = new Gate(32);

/** A bucket in a directory: one file an object. Writes go into a neighbouring file that is then renamed. */
export class DirectoryBucket implements Bucket {
  /**
   * @param root Directory; made when it is not there.
   * @param clock Stamps objects.
   */
  constructor(readonly root: string, readonly clock: Clock) {}

  /** See {@linkcode Bucket.put}. */
  put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    return OPEN_FILES.pass(() => this.#put(key, bytes));
  }

  /** See {@linkcode Bucket.get}. */
  get(key: string, options: GetOptions = {}) {
    return OPEN_FILES.pass(() => this.#get(key, options));
  }

  /** Removes what writes that were cut off have left. Only for the one process that writes. */
  async removeLeftovers(): Promise<void> {
    await rm(join(this.root, INCOMING), { recursive: true, force: true });
  }

  async #put(key: string, bytes: Uint8Array): Promise<ObjectInfo> {
    checkKey(key);
    const target = join(this.root, key);
    const incoming = join(this.root, INCOMING, crypto.randomUUID());
    await mkdir(join(this.root, INCOMING), { recursive: true });
    await mkdir(join(target, ".."), { recursive: true });
    try {
      const file = await open(incoming, "w");
      try {
        await file.writeFile(bytes);
        const seconds = this.clock.nowMs() / 1000;
        await file.utimes(seconds, seconds);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(incoming, target);
    } catch (cause) {
      await unlink(incoming).catch(() => {});
      throw cause;
    }
    return infoOf(key, await stat(target));
  }

  async #get(key: string, options: GetOptions) {
    checkKey(key);
    // Asked first, since opening what is no file (a pipe, say) might never return.
    const file = await this.head(key) && await orUndefined(open(join(this.root, key), "r"));
    if (!file) throw new ObjectNotFoundError(`Cannot get object "${key}": there is none`);
    try {
      // Of the open file: a rename over the name meanwhile does not mix two contents.
      const info = infoOf(key, await file.stat());
      const { start, end } = checkGet(info, options);
      return { info, bytes: await readPart(file, start, end) };
    } finally {
      await file.close();
    }
  }

  /** See {@linkcode Bucket.head}. */
  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const stats = await orUndefined(stat(join(this.root, key)));
    return stats?.isFile() ? infoOf(key, stats) : undefined;
  }

  /** See {@linkcode Bucket.list}. */
  async list(prefix: string, { after = "", limit = Infinity } = {}): Promise<ObjectInfo[]> {
    const keys = (await orUndefined(readdir(this.root, { recursive: true })) ?? [])
      .map((path) => path.replaceAll("\\", "/"))
      .filter((key) => !key.startsWith(INCOMING) && key.startsWith(prefix) && key > after)
      .sort();
    const found: ObjectInfo[] = [];
    for (const key of keys) {
      if (found.length >= limit) break;
      const info = await this.head(key);
      if (info) found.push(info);
    }
    return found;
  }

  /** See {@linkcode Bucket.delete}. */
  async delete(key: string): Promise<void> {
    checkKey(key);
    await orUndefined(unlink(join(this.root, key)));
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

async function readPart(file: FileHandle, start: number, end: number) {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) return bytes.slice(0, at);
    at += bytesRead;
  }
  return bytes;
}

/** Errors of one object, not of this process. */
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
