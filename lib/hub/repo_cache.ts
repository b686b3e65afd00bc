import { InputError } from "../input/input_error.ts";
import { existsSync } from "node:fs";
import { copyFile, link, mkdir, readFile, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "../file/replace_file.ts";
import { HubError } from "./hub_error.ts";

/** Kinds of repositories, as named in the hub's addresses. */
export type RepoKind = "models" | "datasets";

/** A repository at some revision. */
export interface RepoName {
  /** Kind. */
  readonly kind: RepoKind;
  /** Name, such as "org/model". */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Checks a repository's name and revision before they become parts of paths and addresses.
 *
 * @throws InputError when they cannot be ones.
 */
export function checkRepoName({ id, revision }: RepoName): void {
  const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
  const parts = id.split("/");
  if (parts.length > 2 || !parts.every((each) => part.test(each)) || id.includes("..")) {
    throw new InputError(`Cannot use repository "${id}": want a name such as org/model`);
  }
  if (!/^[A-Za-z0-9._/-]{1,200}$/.test(revision) || /\.\.|\/\/|^\/|\/$/.test(revision)) {
    throw new InputError(
      `Cannot use revision "${revision}" of ${id}: want a branch, a tag or a commit`,
    );
  }
}

/** Reports whether a path in a repository is valid, and stays inside. */
export function isSafePath(path: string): boolean {
  return path.length <= 500 && !/[\\:\0]/.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** One repository's folder in Hugging Face's cache: blobs by content, snapshots that link to them. */
export class RepoCache {
  /** Folder of the repository. */
  readonly folder: string;

  /** @throws InputError when the name cannot be one. */
  constructor(readonly cacheDirectory: string, readonly repo: RepoName) {
    checkRepoName(repo);
    this.folder = join(cacheDirectory, `${repo.kind}--${repo.id.replaceAll("/", "--")}`);
  }

  /** Returns the commit of the revision when last fetched; undefined if it never was. */
  async commit(): Promise<string | undefined> {
    const { revision } = this.repo;
    if (COMMIT.test(revision)) return revision;
    const path = join(this.folder, "refs", revision);
    const text = existsSync(path) ? (await readFile(path, "utf8")).trim() : "";
    return COMMIT.test(text) ? text : undefined;
  }

  /** Records the commit of the revision. */
  async setCommit(commit: string): Promise<void> {
    const { revision } = this.repo;
    if (await this.commit() === commit) return;
    const path = join(this.folder, "refs", revision);
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, [commit]);
  }

  /** Returns the folder of the files of a commit. */
  snapshot(commit: string): string {
    return join(this.folder, "snapshots", commit);
  }

  /** Returns the path of a file of a commit, if it has been fetched. */
  find(commit: string, path: string): string | undefined {
    const found = join(this.snapshot(commit), path);
    return existsSync(found) ? found : undefined;
  }

  /** Returns the path of the content with an etag, which need not exist yet. */
  blob(etag: string): string {
    if (/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(etag)) return join(this.folder, "blobs", etag);
    throw new HubError(
      `Cannot fetch from ${this.repo.id}: etag is ${
        JSON.stringify(etag.slice(0, 80))
      }, want a SHA-1 or SHA-256`,
      "corrupt",
    );
  }

  /**
   * Creates a file of a commit from a blob: as a hard link, where other tools create a symbolic one, since a
   * sandboxed process may not create those, and every tool reads both. Without support for links, as a copy.
   */
  async link(commit: string, path: string, etag: string): Promise<void> {
    const place = join(this.snapshot(commit), path);
    await mkdir(dirname(place), { recursive: true });
    await rm(place, { force: true });
    // Newer tools keep blobs elsewhere and link to them from here.
    const blob = await realpath(this.blob(etag));
    await link(blob, place).catch(() => copyFile(blob, place));
  }

  /** Returns the path of the file that is locked while a blob is fetched. */
  async lockPath(etag: string): Promise<string> {
    const folder = join(
      this.cacheDirectory,
      ".locks",
      `${this.repo.kind}--${this.repo.id.replaceAll("/", "--")}`,
    );
    await mkdir(folder, { recursive: true });
    return join(folder, `${etag}.lock`);
  }
}
