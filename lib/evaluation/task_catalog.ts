import { GROUPS, TASKS } from "./tasks.ts";
import type { TaskCatalog } from "./select_tasks.ts";
import { includedTasks } from "./task_file/included_tasks.ts";
/**
 * Returns all tasks: user-defined ones, which take precedence, and built-in ones.
 *
 * @param includePath Directory of the user's task files.
 */
export async function taskCatalog(includePath: string | undefined): Promise<TaskCatalog> {
  const own = includePath === undefined
    ? { tasks: [], groups: [], unusable: new Map() }
    : await includedTasks(includePath);
  const names = new Set(own.tasks.map(({ name }) => name));
  const builtIn = TASKS.filter(({ name }) => !names.has(name));
  const ownGroups = new Set(own.groups.map(({ name }) => name));
  const groups = [...own.groups, ...GROUPS.filter(({ name }) => !ownGroups.has(name))];
  return { tasks: [...own.tasks, ...builtIn], groups, unusable: own.unusable };
}
