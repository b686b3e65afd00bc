import type { Task, TaskGroup } from "./task.ts";

/** Tasks and groups by name. */
export interface TaskCatalog {
  /** Tasks. */
  readonly tasks: readonly Task[];
  /** Groups. */
  readonly groups: readonly TaskGroup[];
  /** Names that stand for something that cannot be used, and why. */
  readonly unusable: ReadonlyMap<string, Error>;
}

/** Tasks that were asked for, each once. */
export interface Selection {
  /** Tasks, in the order in which they were named. */
  readonly tasks: readonly Task[];
  /** Groups with a score of their own, those in others included, the outer before the inner. */
  readonly groups: readonly TaskGroup[];
}

/** A task that there is none of. */
export class UnknownTaskError extends RangeError {
  override readonly name = "UnknownTaskError";

  /** @param known Names that there are. */
  constructor(readonly task: string, readonly known: readonly string[]) {
    super(`Cannot find task "${task}": want one of those that --tasks list shows`);
  }
}

/**
 * Finds tasks by name; `*` stands for anything.
 *
 * @throws UnknownTaskError for a name that means nothing, or why what it means cannot be used.
 */
export function selectTasks(names: readonly string[], catalog: TaskCatalog): Selection {
  const tasks = new Map<string, Task>();
  const groups = new Map<string, TaskGroup>();
  const known = [...catalog.groups, ...catalog.tasks].map(({ name }) => name);
  const take = (name: string) => {
    const group = catalog.groups.find((each) => each.name === name);
    if (group) {
      if (group.aggregate) groups.set(name, group);
      group.members.forEach(take);
      return;
    }
    const task = catalog.tasks.find((each) => each.name === name);
    if (!task) throw catalog.unusable.get(name) ?? new UnknownTaskError(name, known);
    tasks.set(name, task);
  };
  for (const name of names) {
    if (!name.includes("*")) {
      take(name);
      continue;
    }
    const pattern = name.split("*").map(RegExp.escape);
    const fits = new RegExp(`^${pattern.join(".*")}$`);
    const found = known.filter((each) => fits.test(each));
    if (found.length === 0) throw new UnknownTaskError(name, known);
    found.forEach(take);
  }
  return { tasks: [...tasks.values()], groups: [...groups.values()] };
}

/** Names of the tasks in a group, those of its groups included. */
export function leavesOf(group: TaskGroup, groups: readonly TaskGroup[]): string[] {
  return group.members.flatMap((member) => {
    const inner = groups.find(({ name }) => name === member);
    return inner ? leavesOf(inner, groups) : [member];
  });
}
