import type { Measure, TaskResult } from "./evaluate.ts";
import { METRICS } from "./metrics.ts";
import { leavesOf } from "./select_tasks.ts";
import type { TaskGroup } from "./task.ts";

/** Result of a group. */
export interface GroupResult {
  /** The group. */
  readonly group: TaskGroup;
  /** Examples before each question; undefined for a group of groups. */
  readonly shots: number | undefined;
  /** Documents of all its tasks. */
  readonly documents: number;
  /** Numbers: means over all documents. */
  readonly measures: readonly Measure[];
}

/**
 * Results of groups, each over the documents of its tasks; the error is that of the pooled sample. A group
 * with a task that failed has none: its number would be another one than its name says.
 */
export function groupResults(
  groups: readonly TaskGroup[],
  results: readonly TaskResult[],
): GroupResult[] {
  return groups.flatMap((group) => {
    const names = leavesOf(group, groups);
    const own = results.filter(({ task }) => names.includes(task.name));
    if (own.length < names.length || own.length === 0) return [];
    const measures = own[0].measures.flatMap(({ filter, metric }) => pooled(own, metric, filter));
    const documents = own.reduce((sum, { documents }) => sum + documents.effective, 0);
    const direct = own.find(({ task }) => group.members.includes(task.name));
    return [{ group, shots: direct?.shots, documents, measures }];
  });
}

function pooled(results: readonly TaskResult[], metric: string, filter: string): Measure[] {
  const parts = results.map(({ documents, measures }) => ({
    count: documents.effective,
    found: measures.find((each) => each.metric === metric && each.filter === filter),
  }));
  // Only means over documents can be pooled by their numbers.
  if (metric.includes("perplexity") || !Object.hasOwn(METRICS, metric)) return [];
  if (parts.some(({ found }) => found === undefined)) return [];
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const value = parts.reduce((sum, { count, found }) => sum + found!.value * count, 0) / total;
  const known = parts.every(({ found }) => found!.standardError !== undefined);
  const squares = parts.reduce(
    (sum, { count, found }) => sum + (count - 1) * (found!.standardError ?? 0) ** 2 * count,
    0,
  );
  const variance = squares / (total - parts.length);
  return [{
    metric,
    filter,
    value,
    standardError: known ? Math.sqrt(variance / total) : undefined,
  }];
}
