import { load, YAML11_SCHEMA } from "js-yaml";
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { TaskFileError } from "./task_file_error.ts";

/** Maximum size of a task file in bytes, and maximum number of files including its includes. */
const FILE_BYTES_MAX = 1_000_000;
const FILES_MAX = 50;
/** Maximum number of values in a file after aliases are expanded. */
const VALUES_MAX = 100_000;

/**
 * Reads a task or group file with its includes: later includes override earlier ones, key by key, and the
 * file itself overrides them all.
 *
 * @param root Directory that must contain all included files.
 * @throws TaskFileError if a file cannot be read, or is included twice.
 */
export async function readTaskYaml(
  path: string,
  root: string,
  seen: Set<string> = new Set(),
): Promise<Record<string, unknown>> {
  const file = resolve(path);
  if (seen.has(file)) throw new TaskFileError(`Cannot read task ${path}: it is included twice`);
  if (seen.size >= FILES_MAX) {
    throw new TaskFileError(`Cannot read task ${path}: more than ${FILES_MAX} files are included`);
  }
  if (seen.size > 0 && !file.startsWith(resolve(root) + sep)) {
    throw new TaskFileError(`Cannot read task ${path}: an included file lies outside of ${root}`);
  }
  seen.add(file);
  const { include = [], ...own } = parseTaskYaml(path, await readText(path));
  const merged: Record<string, unknown> = {};
  for (const each of [include].flat()) {
    if (typeof each !== "string") {
      throw new TaskFileError(`Cannot read task ${path}: include is not a path`);
    }
    const { task_list: _, ...keys } = await readTaskYaml(resolve(dirname(file), each), root, seen);
    Object.assign(merged, keys);
  }
  return { ...merged, ...own };
}

/**
 * Parses the keys of a YAML text.
 *
 * @throws TaskFileError if it is not a mapping, or names a function.
 */
export function parseTaskYaml(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    // The harness reads YAML 1.1, where `yes` is true and `010` is 8.
    value = load(text, { schema: YAML11_SCHEMA });
  } catch (cause) {
    const [reason] = (cause as Error).message.split("\n");
    const own = /^([\w-]+):.*!function/m.exec(text)?.[1];
    const why = own === undefined
      ? reason
      : `${own} is a Python function (!function), which is not run here`;
    throw new TaskFileError(`Cannot read task ${path}: ${why}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    checkValues(path, value, { left: VALUES_MAX });
    return value as Record<string, unknown>;
  }
  throw new TaskFileError(`Cannot read task ${path}: it is not a mapping of keys`);
}

/** Rejects a value that expands too much, and keys that JavaScript would reorder. */
function checkValues(path: string, value: unknown, budget: { left: number }): void {
  if (--budget.left < 0) {
    throw new TaskFileError(`Cannot read task ${path}: it has more than ${VALUES_MAX} values`);
  }
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) {
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      throw new TaskFileError(
        `Cannot read task ${path}: it has a ${value.constructor?.name}, want texts, numbers, lists and mappings`,
      );
    }
    const number = Object.keys(value).find((key) => /^\d+$/.test(key));
    if (number !== undefined) {
      throw new TaskFileError(
        `Cannot read task ${path}: the key ${number} is a number, which is not supported`,
      );
    }
  }
  for (const each of Object.values(value)) checkValues(path, each, budget);
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
