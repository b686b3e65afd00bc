import type { Task, TaskGroup } from "./task.ts";

/** Tasks and groups that can be selected by name. */
export interface TaskCatalog {
  /** Tasks. */
  readonly tasks: readonly Task[];
  /** Groups. */
  readonly groups: readonly TaskGroup[];
  /** Names of tasks and groups that cannot be used, with the reason. */
  readonly unusable: ReadonlyMap<string, Error>;
}

/** Selected tasks, without duplicates. */
export interface Selection {
  /** Tasks, in the order in which they were named. */
  readonly tasks: readonly Task[];
  /** Groups, including nested ones, outer before inner. */
  readonly groups: readonly TaskGroup[];
  /** Reasons why selected tasks and groups cannot be used, by name. */
  readonly unusable: ReadonlyMap<string, Error>;
}

/** An unknown task name. */
export class UnknownTaskError extends RangeError {
  override readonly name = "UnknownTaskError";

  /** @param known Names that exist. */
  constructor(readonly task: string, readonly known: readonly string[]) {
    super(`Cannot find task "${task}": want one listed by --tasks list`);
  }
}

/**
 * Finds tasks by name; `*`, `?` and `[...]` are wildcards as in the shell.
 *
 * @throws UnknownTaskError for a name that matches nothing.
 */
export function selectTasks(names: readonly string[], catalog: TaskCatalog): Selection {
  const tasks = new Map<string, Task>();
  const groups = new Map<string, TaskGroup>();
  const unusable = new Map<string, Error>();
  const known = [
    ...catalog.groups.map(({ name }) => name),
    ...catalog.tasks.map(({ name }) => name),
    ...catalog.unusable.keys(),
  ];
  const seen = new Set<string>();
  const take = (name: string, within?: TaskGroup) => {
    const own = within?.own?.find((task) => task.name === name);
    if (own) return void tasks.set(name, own);
    const group = name === within?.name
      ? undefined
      : catalog.groups.find((each) => each.name === name);
    if (group) {
      if (seen.has(name)) return;
      seen.add(name);
      groups.set(name, group);
      for (const member of group.members) take(member, group);
      return;
    }
    const task = catalog.tasks.find((each) => each.name === name);
    if (task) return void tasks.set(name, task);
    const why = catalog.unusable.get(name);
    if (!why) throw new UnknownTaskError(name, known);
    unusable.set(name, why);
  };
  for (const name of names) {
    if (!/[*?[]/.test(name)) {
      take(name);
      continue;
    }
    const fits = patternOf(name);
    const found = known.filter((each) => fits.test(each));
    if (found.length === 0) throw new UnknownTaskError(name, known);
    for (const each of new Set(found)) take(each);
  }
  return { tasks: [...tasks.values()], groups: [...groups.values()], unusable };
}

/** Compiles a shell pattern; one with an inverted range matches nothing. */
function patternOf(name: string): RegExp {
  try {
    return new RegExp(`^${shellPattern(name)}$`);
  } catch {
    return /(?!)/;
  }
}

/** Converts a shell pattern to a regular expression. */
function shellPattern(name: string): string {
  return name.replace(/\[(!?)([^\]]+)\]|\*+|[^]/g, (part, inverted?: string, letters?: string) => {
    if (letters !== undefined) {
      return `[${inverted ? "^" : ""}${letters.replace(/[\\^]/g, "\\$&")}]`;
    }
    return /^\*+$/.test(part) ? ".*" : part === "?" ? "." : RegExp.escape(part);
  });
}

/** Returns the names of the tasks in a group and its nested groups, without duplicates. */
export function leavesOf(group: TaskGroup, groups: readonly TaskGroup[]): string[] {
  const [leaves, seen] = [new Set<string>(), new Set<string>()];
  const visit = ({ members, name }: TaskGroup) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const member of members) {
      const inner = groups.find((each) => each.name === member);
      if (inner && inner.name !== name) visit(inner);
      else leaves.add(member);
    }
  };
  visit(group);
  return [...leaves];
}
