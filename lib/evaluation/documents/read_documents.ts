import { InputError } from "../../input/input_error.ts";
import { basename, dirname, join, resolve } from "node:path";
import { readdir, readFile, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import type { Task } from "../task.ts";
import { fitsStars } from "./fits_stars.ts";
import { fetchSplit } from "../../hub/fetch_split.ts";
import { DOCUMENT_FORMATS, parseDocuments } from "./parse_documents.ts";
import { Hub } from "../../hub/hub.ts";
import type { Document } from "./document.ts";
/** Maximum size of a document file, in bytes. */
const FILE_BYTES_MAX = 500_000_000;
/**
 * Reads the documents of a split from the task's own files, a directory, or the hub.
 *
 * @param dataDir Directory with `TASK/SPLIT.parquet`, `.jsonl` or `.json`, for tasks without files of their own.
 * @throws InputError when they are not there or too large; DocumentError when they cannot be read.
 */
export async function readDocuments(
  task: Task,
  split: string,
  dataDir: string | undefined,
  hub: Hub,
): Promise<Document[]> {
  const { configuration, files, repository } = task.data;
  let paths = files && await filesOf(task, Object.hasOwn(files, split) ? files[split] : []);
  if (paths?.length === 0) {
    throw new InputError(`Cannot load ${task.name}: its data_files have no split ${split}`);
  }
  if (dataDir !== undefined && !paths) {
    const candidates = Object.keys(DOCUMENT_FORMATS)
      .map((end) => resolve(dataDir, task.name, `${split}.${end}`));
    const found = candidates.find((path) => existsSync(path));
    if (!found) {
      throw new InputError(
        `Cannot load ${task.name}: there is no ${
          candidates[0]
        }, nor one that ends in .jsonl or .json`,
      );
    }
    paths = [found];
  }
  paths ??= await fetchSplit(hub, { id: repository, configuration, split });
  const builder = Object.hasOwn(BUILDERS, repository) ? BUILDERS[repository] : undefined;
  const parts: Document[][] = [];
  for (const path of paths) {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new InputError(
        `Cannot load ${task.name}: ${path} has ${size} bytes, want at most ${FILE_BYTES_MAX}`,
      );
    }
    const bytes = new Uint8Array(await readFile(path));
    parts.push(await parseDocuments(path, bytes, builder, task.data.field));
  }
  return parts.flat();
}

/** Formats that task files name instead of a dataset. */
const BUILDERS: Readonly<Record<string, string>> = {
  json: "json",
  parquet: "parquet",
  text: "txt",
  csv: "csv",
};

/** Resolves the files of a split; names may contain `*`. */
async function filesOf(task: Task, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!path.includes("*")) found.push(path);
    else {
      const names = (await readdir(dirname(path))).filter((name) => fitsStars(basename(path), name))
        .sort();
      found.push(...names.map((name) => join(dirname(path), name)));
    }
  }
  const missing = found.find((path) => !existsSync(path));
  if (missing === undefined) return found;
  throw new InputError(`Cannot load ${task.name}: there is no ${missing}`);
}
