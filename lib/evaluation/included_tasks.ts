import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseTaskFile } from "./parse_task_file.ts";
import type { Task } from "./task.ts";

/**
 * Tasks of a directory of `.yaml` files.
 *
 * @throws TaskFileError naming the file that is none.
 */
export async function includedTasks(directory: string): Promise<Task[]> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const tasks: Task[] = [];
  for (const name of names) {
    const path = join(directory, name);
    tasks.push(parseTaskFile(path, await readFile(path, "utf8")));
  }
  return tasks;
}
