import * as v from "valibot";
import type { Task, TaskGroup } from "../task.ts";
import type { TaskSource } from "./task_source.ts";
import { TaskFileError } from "./task_file_error.ts";
import { taskOfFile } from "./task_of_file.ts";
import { describeIssue } from "../../input/describe_issue.ts";

const texts = v.union([v.string(), v.array(v.string())]);
const MEASURE = v.strictObject({
  metric: v.string(),
  aggregation: v.optional(v.literal("mean")),
  weight_by_size: v.optional(v.boolean(), true),
  filter_list: v.nullish(texts),
  higher_is_better: v.optional(v.boolean()),
});
const GROUP = v.looseObject({
  group: v.string(),
  group_alias: v.nullish(v.string()),
  task: v.array(v.union([v.string(), v.looseObject({ task: v.string() })])),
  aggregate_metric_list: v.nullish(v.union([v.array(MEASURE), MEASURE])),
  metadata: v.nullish(v.looseObject({ version: v.nullish(v.union([v.number(), v.string()])) })),
});

/**
 * Builds a group from the keys of its file. Its remaining keys override those of its tasks' files.
 *
 * @param sources Task files by name.
 * @throws TaskFileError naming the key that is wrong or unsupported.
 */
export function groupOfFile(
  { keys, path }: TaskSource,
  sources: ReadonlyMap<string, TaskSource>,
): TaskGroup {
  const inner = [keys.task].flat().find((each) =>
    typeof each === "object" && each !== null && !("task" in each && typeof each.task === "string")
  );
  if (inner !== undefined) {
    throw new TaskFileError(
      `Cannot read group ${path}: it contains an inline group, which is not supported: move that to a separate file`,
    );
  }
  const parsed = v.safeParse(GROUP, keys);
  if (!parsed.success) {
    throw new TaskFileError(`Cannot read group ${path}: ${describeIssue(parsed.issues)}`);
  }
  const {
    aggregate_metric_list: measures,
    group,
    group_alias,
    metadata,
    task: members,
    ...overrides
  } = parsed.output;
  const own = new Map<string, Task | undefined>();
  const names = members.map((member) => {
    const { task: name, ...changes } = typeof member === "string" ? { task: member } : member;
    const source = sources.get(name);
    const all = { ...overrides, ...changes };
    if (Object.keys(all).length === 0) {
      own.set(name, undefined);
      return name;
    }
    if (!source && changes.dataset_path === undefined) {
      throw new TaskFileError(
        `Cannot read group ${path}: ${
          Object.keys(all)[0]
        } would override ${name}, which has no task file here`,
      );
    }
    const { tag: _, task_list: __, ...base } = source?.keys ?? {};
    const inner = source ? name : `${group}::${name}`;
    own.set(inner, taskOfFile(source?.path ?? path, { ...base, ...all, task: inner }));
    return inner;
  });
  return {
    name: group,
    ...(group_alias ? { alias: group_alias } : {}),
    version: metadata?.version === undefined || metadata.version === null
      ? "N/A"
      : String(metadata.version),
    members: [...new Set(names)],
    aggregate: measures !== undefined && measures !== null,
    ...(measures
      ? {
        measures: [measures].flat().map(({ filter_list: filters, metric, weight_by_size }) => ({
          metric,
          filters: filters === undefined || filters === null ? undefined : [filters].flat(),
          bySize: weight_by_size,
        })),
      }
      : {}),
    own: [...own.values()].filter((task) => task !== undefined),
  };
}
