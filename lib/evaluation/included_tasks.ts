import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseTaskFile, TaskFileError } from "./parse_task_file.ts";
import type { Task } from "./task.ts";

/** Longest task file, bytes. */
const FILE_BYTES_MAX = 1_000_000;

/** Tasks of a directory. */
export interface IncludedTasks {
  /** Those that can be used. */
  readonly tasks: readonly Task[];
  /** Why a file holds none, by the name that it gives, or its own: told when somebody asks for it. */
  readonly unusable: ReadonlyMap<string, TaskFileError>;
}

/** Tasks of a directory's `.yaml` files. It may also hold groups, templates and whatever else the harness reads. */
export async function includedTasks(directory: string): Promise<IncludedTasks> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const tasks: Task[] = [];
  const unusable = new Map<string, TaskFileError>();
  for (const name of names) {
    const path = join(directory, name);
    let text = "";
    try {
      const { size } = await stat(path);
      if (size > FILE_BYTES_MAX) {
        throw new TaskFileError(
          `Cannot read task ${path}: it has ${size} bytes, want at most ${FILE_BYTES_MAX}`,
        );
      }
      text = await readFile(path, "utf8");
      tasks.push(parseTaskFile(path, text));
    } catch (cause) {
      if (!(cause instanceof TaskFileError)) throw cause;
      const named = text.match(/^(?:task|group): *["']?([\w.-]+)/m)?.[1];
      unusable.set(named ?? basename(name).replace(/\.ya?ml$/, ""), cause);
    }
  }
  return { tasks, unusable };
}
