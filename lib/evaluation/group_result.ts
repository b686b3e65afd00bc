import type { Measure, TaskResult } from "./evaluate.ts";
import { METRICS } from "./metrics.ts";
import { leavesOf } from "./select_tasks.ts";
import type { TaskGroup } from "./task.ts";

/** Result of a group. */
export interface GroupResult {
  /** The group. */
  readonly group: TaskGroup;
  /** Few-shot examples per question; undefined for a group of groups. */
  readonly shots: number | undefined;
  /** Number of documents over all its tasks. */
  readonly documents: number;
  /** Values: means over the documents of the tasks that have them. */
  readonly measures: readonly (Measure & { readonly documents: number })[];
}

/**
 * Returns the results of groups, each over the documents of its tasks; the standard error is that of the
 * pooled sample. A group with a failed task has no result, since its value would not be that of the whole
 * group.
 */
export function groupResults(
  groups: readonly TaskGroup[],
  results: readonly TaskResult[],
): GroupResult[] {
  return groups.flatMap((group) => {
    if (!group.aggregate) return [];
    const names = [...new Set(leavesOf(group, groups))];
    const own = results.filter(({ task }) => names.includes(task.name));
    if (own.length < names.length || own.length === 0) return [];
    const found = [
      ...new Map(
        own.flatMap(({ measures }) => measures).map((
          each,
        ) => [`${each.metric},${each.filter}`, each]),
      ).values(),
    ];
    const wanted = group.measures ??
      [...new Set(found.map(({ metric }) => metric))].map((metric) => ({
        metric,
        filters: undefined,
        bySize: true,
      }));
    const measures = wanted.flatMap(({ bySize, filters, metric }) =>
      found.filter((each) => each.metric === metric && (filters?.includes(each.filter) ?? true))
        .flatMap(({ filter }) => pooled(own, metric, filter, bySize, group.measures !== undefined))
    );
    const documents = own.reduce((sum, { documents }) => sum + documents.effective, 0);
    const direct = own.find(({ task }) => group.members.includes(task.name));
    return [{ group, shots: direct?.shots, documents, measures }];
  });
}

function pooled(
  results: readonly TaskResult[],
  metric: string,
  filter: string,
  bySize: boolean,
  asked: boolean,
): GroupResult["measures"] {
  const all = results.map(({ documents, measures }) => ({
    count: documents.effective,
    found: measures.find((each) => each.metric === metric && each.filter === filter),
  }));
  // Only means over documents can be pooled by document counts; a group file may request others.
  if (!Object.hasOwn(METRICS, metric)) return [];
  if (!asked && (metric.includes("perplexity") || all.some(({ found }) => !found))) return [];
  const parts = all.filter(({ found }) => found);
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const weight = (count: number) => (bySize ? count / total : 1 / parts.length);
  const value = parts.reduce((sum, { count, found }) => sum + found!.value * weight(count), 0);
  const errors = parts.map(({ found }) => found!.standardError);
  const known = errors.every((error) => error !== undefined);
  const standardError = !known
    ? undefined
    : bySize
    ? pooledError(parts.map(({ count }, i) => [count, errors[i]!]))
    : Math.sqrt(errors.reduce((sum, error) => sum + error! ** 2, 0)) / parts.length;
  return [{ metric, filter, value, standardError, documents: total }];
}

/** Returns the standard error of all documents as one sample. */
function pooledError(parts: readonly (readonly [count: number, error: number])[]): number {
  const total = parts.reduce((sum, [count]) => sum + count, 0);
  const squares = parts.reduce((sum, [count, error]) => sum + (count - 1) * error ** 2 * count, 0);
  return Math.sqrt(squares / (total - parts.length) / total);
}
