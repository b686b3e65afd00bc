import { join } from "node:path";
import type { Hub, RepoListing } from "./hub.ts";
import { HubError } from "./hub_error.ts";
import type { RepoName } from "./repo_cache.ts";

/** A split of a dataset. */
export interface SplitName {
  /** Name of the dataset. */
  readonly id: string;
  /** Configuration; undefined if there is only one. */
  readonly configuration: string | undefined;
  /** Split. */
  readonly split: string;
}

/** Branch on which the hub provides every dataset as Parquet files. */
const PARQUET = "refs/convert/parquet";

/**
 * Fetches the files of a split: those converted by the hub, else those of the dataset itself.
 *
 * @returns Paths, in order.
 * @throws HubError when there are none.
 */
export async function fetchSplit(hub: Hub, name: SplitName): Promise<string[]> {
  const { commit, files, repo } = await findSplit(hub, name);
  const folder = await hub.fetch(repo, commit, files);
  return files.map((path) => join(folder, path));
}

/**
 * Fetches as many of the splits as it can, all files of a dataset together: datasets such as MMLU have a
 * small file for each of a hundred splits. {@linkcode fetchSplit} reports what is missing.
 */
export async function fetchSplits(hub: Hub, names: readonly SplitName[]): Promise<void> {
  const wanted = new Map<string, FoundSplit>();
  for (const name of names) {
    const found = await ifAny(() => findSplit(hub, name));
    if (!found) continue;
    const key = `${found.repo.id} ${found.commit}`;
    const files = new Set([...wanted.get(key)?.files ?? [], ...found.files]);
    wanted.set(key, { ...found, files: [...files] });
  }
  for (const { commit, files, repo } of wanted.values()) {
    await ifAny(() => hub.fetch(repo, commit, files));
  }
}

/** Files of a split. */
interface FoundSplit {
  readonly repo: RepoName;
  readonly commit: string;
  readonly files: readonly string[];
}

async function ifAny<Value>(body: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await body();
  } catch (cause) {
    // Invalid names throw a RangeError.
    if (cause instanceof HubError || cause instanceof RangeError) return undefined;
    throw cause;
  }
}

async function findSplit(hub: Hub, name: SplitName): Promise<FoundSplit> {
  const { configuration = "default", id, split } = name;
  const converted = new RegExp(
    `^${RegExp.escape(configuration)}/${RegExp.escape(split)}/\\d+\\.parquet$`,
  );
  const own = `(${RegExp.escape(configuration)}/|data/)?`;
  const tries: [revision: string, pattern: RegExp][] = [
    [PARQUET, converted],
    [
      "main",
      new RegExp(
        `^${own}(${RegExp.escape(split)}(-[\\w-]+)?|${RegExp.escape(split)}/[\\w-]+)\\.parquet$`,
      ),
    ],
    ["main", new RegExp(`^${own}${RegExp.escape(split)}\\.jsonl?$`)],
  ];
  const listings = new Map<string, RepoListing | undefined>();
  for (const [revision, pattern] of tries) {
    const repo = { kind: "datasets", id, revision } as const;
    if (!listings.has(revision)) listings.set(revision, await listIfAny(hub, repo));
    const listing = listings.get(revision);
    const files = listing?.files.filter((path) => pattern.test(path)).sort() ?? [];
    if (!listing || files.length === 0) continue;
    return { repo, commit: listing.commit, files };
  }
  const cached = listings.values().some((listing) => listing?.cached);
  const where = name.configuration ? `, configuration ${name.configuration}` : "";
  throw new HubError(
    cached
      ? `Cannot find split ${split} of dataset ${id}${where}: not in the cache, and the hub is unavailable`
      : `Cannot find split ${split} of dataset ${id}${where}: want Parquet or JSON files`,
    cached ? "unavailable" : "missing",
  );
}

async function listIfAny(hub: Hub, repo: Parameters<Hub["list"]>[0]) {
  try {
    return await hub.list(repo);
  } catch (cause) {
    // A dataset may lack the converted branch.
    if (cause instanceof HubError && cause.kind === "missing") return undefined;
    throw cause;
  }
}
