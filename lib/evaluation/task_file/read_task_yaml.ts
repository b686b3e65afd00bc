import { load } from "js-yaml";
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { TaskFileError } from "./task_file_error.ts";

/** Longest task file, bytes, and most files that one includes. */
const FILE_BYTES_MAX = 1_000_000;
const FILES_MAX = 50;

/**
 * Reads a task or group file with what it includes: later files overrule earlier ones, key by key, and the file
 * itself all of them.
 *
 * @param root Directory that no included file may lie outside of.
 * @throws TaskFileError when one cannot be read, or is included twice.
 */
export async function readTaskYaml(
  path: string,
  root: string,
  seen: Set<string> = new Set(),
): Promise<Record<string, unknown>> {
  const file = resolve(path);
  if (seen.has(file) || seen.size >= FILES_MAX) {
    throw new TaskFileError(
      `Cannot read task ${path}: it is included twice, or too many files are`,
    );
  }
  if (seen.size > 0 && !file.startsWith(resolve(root))) {
    throw new TaskFileError(`Cannot read task ${path}: an included file lies outside of ${root}`);
  }
  seen.add(file);
  const { include = [], ...own } = parseTaskYaml(path, await readText(path));
  const merged: Record<string, unknown> = {};
  for (const each of [include].flat()) {
    if (typeof each !== "string") {
      throw new TaskFileError(`Cannot read task ${path}: include is no path`);
    }
    const { task_list: _, ...keys } = await readTaskYaml(resolve(dirname(file), each), root, seen);
    Object.assign(merged, keys);
  }
  return { ...merged, ...own };
}

/**
 * The keys of a YAML text.
 *
 * @throws TaskFileError when it is no mapping, or names a function.
 */
export function parseTaskYaml(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    const [reason] = (cause as Error).message.split("\n");
    const own = /^([\w-]+):.*!function/m.exec(text)?.[1];
    const why = own === undefined
      ? reason
      : `${own} is a Python function (!function), which is not run here`;
    throw new TaskFileError(`Cannot read task ${path}: ${why}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new TaskFileError(`Cannot read task ${path}: it is no mapping of keys`);
}

async function readText(path: string): Promise<string> {
  const found = await stat(path).catch((cause) => {
    throw new TaskFileError(`Cannot read task ${path}: ${cause.message}`, { cause });
  });
  if (found.size > FILE_BYTES_MAX) {
    throw new TaskFileError(
      `Cannot read task ${path}: it has ${found.size} bytes, want at most ${FILE_BYTES_MAX}`,
    );
  }
  const bytes = await readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TaskFileError(`Cannot read task ${path}: it is not UTF-8`, { cause });
  }
}
