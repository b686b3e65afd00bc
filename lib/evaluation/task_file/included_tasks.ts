import { InputError } from "../../input/input_error.ts";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Task, TaskGroup } from "../task.ts";
import { groupOfFile } from "./group_of_file.ts";
import { readTaskYaml } from "./read_task_yaml.ts";
import { TaskFileError } from "./task_file_error.ts";
import { taskOfFile } from "./task_of_file.ts";
import type { TaskSource } from "./task_source.ts";

/** Limits on the number of files in a directory and the depth of its subdirectories. */
const FILES_MAX = 20_000;
const DEPTH_MAX = 8;

/** Contents of a directory of task files. */
export interface IncludedTasks {
  /** Usable tasks. */
  readonly tasks: readonly Task[];
  /** Groups; a tag is a group without an aggregate score. */
  readonly groups: readonly TaskGroup[];
  /**
   * Errors of unusable files by task name, or by file name if it has none; reported when that name is
   * requested.
   */
  readonly unusable: ReadonlyMap<string, TaskFileError>;
}

/**
 * Reads tasks, groups and tags from the `.yaml` files of a directory and its subdirectories. Of several with
 * one name the first counts; a file that cannot be used does not affect the others.
 */
export async function includedTasks(directory: string): Promise<IncludedTasks> {
  const unusable = new Map<string, TaskFileError>();
  const sources = new Map<string, TaskSource>();
  const groupSources = new Map<string, TaskSource>();
  const attempt = (name: string, body: () => void) => {
    try {
      body();
    } catch (cause) {
      unusable.set(name, asTaskFileError(name, cause));
    }
  };
  for (const path of await taskFiles(directory, DEPTH_MAX)) {
    const file = basename(path).replace(/\.ya?ml$/, "");
    try {
      const keys = await readTaskYaml(path, directory);
      const kind = keys.group !== undefined && keys.group !== null ? "group" : "task";
      const name = keys[kind];
      if (typeof name !== "string") {
        throw new TaskFileError(`Cannot read task ${path}: it names no task or group`);
      }
      const table = kind === "group" ? groupSources : sources;
      if (!table.has(name)) table.set(name, { path, keys });
    } catch (cause) {
      unusable.set(file, asTaskFileError(path, cause));
    }
  }
  const tasks: Task[] = [];
  const tags = new Map<string, string[]>();
  for (const [name, { keys: { tag = [], task_list: _, ...keys }, path }] of sources) {
    attempt(name, () => {
      tasks.push(taskOfFile(path, keys));
      for (const each of [tag ?? []].flat().filter((each) => typeof each === "string")) {
        tags.set(each, [...tags.get(each) ?? [], name]);
      }
    });
  }
  const groups: TaskGroup[] = [...tags].map(([name, members]) => ({
    name,
    version: "N/A",
    members: members.sort(),
    aggregate: false,
  }));
  for (const [name, source] of groupSources) {
    attempt(name, () => groups.push(groupOfFile(source, sources)));
  }
  return { tasks, groups, unusable };
}

/** Wraps any error of an untrusted file, so that it does not affect the others. */
function asTaskFileError(path: string, cause: unknown): TaskFileError {
  return cause instanceof TaskFileError
    ? cause
    : new TaskFileError(`Cannot read task ${path}: ${(cause as Error).message}`, { cause });
}

/** Lists the task files below a directory, sorted by path. */
async function taskFiles(directory: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (/^(\.|__pycache__$|node_modules$)/.test(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory() && depth > 0) found.push(...await taskFiles(path, depth - 1));
    if (entry.isFile() && /\.ya?ml$/.test(entry.name)) found.push(path);
    if (found.length > FILES_MAX) {
      throw new InputError(
        `Cannot read tasks of ${directory}: it has more than ${FILES_MAX} files`,
      );
    }
  }
  return found.sort();
}
