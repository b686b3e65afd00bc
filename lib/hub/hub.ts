import { existsSync } from "node:fs";
import { Gate } from "../async/gate.ts";
import { mapParallel } from "../async/map_parallel.ts";
import { downloadBlob } from "./download_blob.ts";
import { HubError } from "./hub_error.ts";
import { type HubConnection, hubRequest, isBroken } from "./hub_request.ts";
import { isSafePath, RepoCache, type RepoName } from "./repo_cache.ts";

/** Progress of a download. */
export interface DownloadProgress {
  /** Bytes received so far, of all files of the call. */
  readonly have: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** Options of a {@linkcode Hub}. */
export interface HubOptions {
  /** Connection; undefined to use the cache alone. */
  readonly connection: HubConnection | undefined;
  /** Directory of the cache. */
  readonly cacheDirectory: string;
  /** Called as bytes arrive. */
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Called with notes for the user. */
  readonly onNote: (text: string) => void;
}

/** Files that are fetched concurrently. */
const PARALLEL = 4;
/** Longest response to a listing request, bytes. */
const LIST_BYTES_MAX = 64_000_000;
/** Upper bound of files listed per repository. */
const FILES_MAX = 100_000;

/** A commit and the names of its files; without a network, of those in the cache. */
export interface RepoListing {
  /** Commit. */
  readonly commit: string;
  /** Paths of files. */
  readonly files: readonly string[];
  /** Whether only the files in the cache are listed. */
  readonly cached: boolean;
}

interface Wanted {
  readonly path: string;
  readonly address: string;
  readonly etag: string;
  readonly bytes: number;
}

/** Models and datasets of the Hugging Face hub, in the cache that its other tools use. */
export class Hub {
  readonly #listings = new Map<string, Promise<RepoListing>>();

  constructor(readonly options: HubOptions) {}

  /**
   * Lists the files of a repository.
   *
   * @throws HubError when the repository or revision does not exist, RangeError when its name is invalid.
   */
  list(repo: RepoName): Promise<RepoListing> {
    const key = `${repo.kind} ${repo.id} ${repo.revision}`;
    const known = this.#listings.get(key);
    if (known) return known;
    const listing = this.#list(repo);
    this.#listings.set(key, listing);
    return listing;
  }

  async #list(repo: RepoName): Promise<RepoListing> {
    const cache = new RepoCache(this.options.cacheDirectory, repo);
    const { connection } = this.options;
    if (!connection) return await listCached(cache);
    const revision = encodeURIComponent(repo.revision);
    const address = `${connection.endpoint}/api/${repo.kind}/${repo.id}/revision/${revision}`;
    const what = `${repo.id} at ${repo.revision}`;
    const cached = await listCached(cache).catch(() => undefined);
    try {
      // With a cached listing to fall back on, a single try is enough.
      const found = await readJson(connection, address, what, cached ? 1 : undefined);
      const listing = parseListing(found, what);
      await cache.setCommit(listing.commit);
      return listing;
    } catch (cause) {
      if (!cached || !(cause instanceof HubError) || cause.kind !== "unavailable") throw cause;
      this.options.onNote(`${cause.message}; using the cached files`);
      return cached;
    }
  }

  /**
   * Fetches files of a listed commit.
   *
   * @returns Folder of the commit, which holds the requested files.
   */
  async fetch(repo: RepoName, commit: string, files: readonly string[]): Promise<string> {
    const cache = new RepoCache(this.options.cacheDirectory, repo);
    const missing = files.filter((path) => cache.find(commit, path) === undefined);
    const { connection, onProgress } = this.options;
    if (missing.length === 0) return cache.snapshot(commit);
    if (!connection) {
      throw new HubError(
        `Cannot use ${repo.id} offline: ${missing[0]} is not in ${cache.folder}`,
        "missing",
      );
    }
    const parallel = { gate: new Gate(PARALLEL), signal: connection.signal };
    const wanted = await mapParallel(
      missing,
      (path, signal) => locate({ ...connection, signal }, repo, commit, path),
      parallel,
    );
    const bytes = wanted.reduce((sum, each) => sum + each.bytes, 0);
    let have = 0;
    const count = (more: number) => onProgress({ have: have += more, bytes });
    await mapParallel(wanted, async (each, signal) => {
      const path = cache.blob(each.etag);
      using _lock = await lock(await cache.lockPath(each.etag));
      if (existsSync(path)) count(each.bytes);
      else {
        const what = `${repo.id}/${each.path}`;
        await downloadBlob({ ...connection, signal }, { ...each, path, what }, count);
      }
      await cache.link(commit, each.path, each.etag);
    }, parallel);
    return cache.snapshot(commit);
  }
}

async function listCached(cache: RepoCache): Promise<RepoListing> {
  const { id, revision } = cache.repo;
  const commit = await cache.commit();
  const folder = commit && cache.snapshot(commit);
  if (!commit || !folder || !existsSync(folder)) {
    throw new HubError(
      `Cannot use ${id} offline: revision ${revision} is not in ${cache.folder}`,
      "missing",
    );
  }
  return { commit, files: filesIn(folder, ""), cached: true };
}

function filesIn(folder: string, prefix: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ isDirectory, name }) =>
    isDirectory ? filesIn(`${folder}/${name}`, `${prefix}${name}/`) : [`${prefix}${name}`]
  );
}

async function locate(
  connection: HubConnection,
  { id, kind }: RepoName,
  commit: string,
  path: string,
): Promise<Wanted> {
  const folder = kind === "models" ? id : `${kind}/${id}`;
  const file = path.split("/").map(encodeURIComponent).join("/");
  const address = `${connection.endpoint}/${folder}/resolve/${commit}/${file}`;
  const what = `${id}/${path}`;
  const { response, watchdog } = await hubRequest(connection, address, what, {
    method: "HEAD",
    followAway: false,
  });
  watchdog.stop();
  await response.body?.cancel();
  const header = (name: string) => response.headers.get(name);
  const etag = (header("x-linked-etag") ?? header("etag") ?? "").replace(/^W\//, "").replaceAll(
    '"',
    "",
  );
  const bytes = Number(header("x-linked-size") ?? header("content-length") ?? NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new HubError(`Cannot fetch ${what}: the hub reports no length`, "corrupt");
  }
  return { path, address, etag, bytes };
}

function parseListing(value: unknown, what: string): RepoListing {
  const { sha, siblings } = (value ?? {}) as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha) || !Array.isArray(siblings)) {
    throw new HubError(`Cannot list ${what}: the answer has no commit or no files`, "corrupt");
  }
  const files = siblings.slice(0, FILES_MAX).map((each) =>
    (each as { rfilename?: unknown })?.rfilename
  );
  return {
    commit: sha,
    files: files.filter((path) => typeof path === "string" && isSafePath(path)) as string[],
    cached: false,
  };
}

async function readJson(
  connection: HubConnection,
  address: string,
  what: string,
  tries: number | undefined,
): Promise<unknown> {
  const init = tries === undefined ? {} : { tries };
  const { response, watchdog } = await hubRequest(connection, address, what, init);
  const parts: BlobPart[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body ?? []) {
      watchdog.alive();
      bytes += part.length;
      if (bytes > LIST_BYTES_MAX) {
        throw new HubError(
          `Cannot list ${what}: more than ${LIST_BYTES_MAX} bytes received`,
          "corrupt",
        );
      }
      parts.push(part);
    }
    return JSON.parse(await new Blob(parts).text());
  } catch (cause) {
    connection.signal.throwIfAborted();
    if (cause instanceof HubError) throw cause;
    const [why, kind] = isBroken(cause)
      ? [cause.message, "unavailable" as const]
      : ["the answer is not JSON", "corrupt" as const];
    throw new HubError(`Cannot list ${what}: ${why}`, kind, { cause });
  } finally {
    watchdog.stop();
  }
}

/** Locks a file, after waiting for other processes that fetch the same file. */
async function lock(path: string): Promise<Disposable> {
  const file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return { [Symbol.dispose]: () => file.close() };
}
