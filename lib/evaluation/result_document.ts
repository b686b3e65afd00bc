import { createHash } from "node:crypto";
import type { Measure, TaskResult } from "./evaluate.ts";
import type { GroupResult } from "./group_result.ts";
import { METRICS } from "./metrics.ts";
import type { Task, TaskGroup } from "./task.ts";

/** Contents of a result file besides the results. */
export interface ResultFacts {
  /** Settings of the model run; becomes `config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Additional keys of the document. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** The harness's output types by task kind. */
const OUTPUT_TYPES: Readonly<Record<Task["kind"], string>> = {
  choice: "multiple_choice",
  ending: "loglikelihood",
  page: "loglikelihood_rolling",
  tokens: "loglikelihood_rolling",
  writing: "generate_until",
};

/** Returns results with the keys of lm-evaluation-harness. */
export function resultDocument(
  results: readonly TaskResult[],
  groups: readonly GroupResult[],
  { config, more }: ResultFacts,
): Record<string, unknown> {
  const ofTasks = <Value>(value: (result: TaskResult) => Value) =>
    Object.fromEntries(results.map((result) => [result.task.name, value(result)]));
  const groupEntries = Object.fromEntries(
    groups.map((each) => [each.group.name, groupEntry(each)]),
  );
  return {
    results: { ...ofTasks(taskEntry), ...groupEntries },
    ...(groups.length > 0 ? { groups: groupEntries } : {}),
    group_subtasks: Object.fromEntries(groups.map(({ group }) => [group.name, group.members])),
    configs: ofTasks(taskConfig),
    versions: { ...ofTasks(({ task }) => task.version), ...versions(groups) },
    "n-shot": {
      ...ofTasks(({ shots }) => shots),
      ...Object.fromEntries(
        groups.flatMap(({ group, shots }) => shots === undefined ? [] : [[group.name, shots]]),
      ),
    },
    higher_is_better: {
      ...ofTasks(({ measures }) => directions(measures)),
      ...Object.fromEntries(groups.map((each) => [each.group.name, directions(each.measures)])),
    },
    "n-samples": ofTasks(({ documents }) => documents),
    config,
    task_hashes: ofTasks(taskHash),
    ...more,
  };
}

function taskEntry({ documents, measures, task }: TaskResult): Record<string, unknown> {
  return {
    name: task.name,
    alias: task.alias ?? task.name,
    sample_len: documents.effective,
    ...numbers(measures),
  };
}

function groupEntry({ documents, group, measures }: GroupResult): Record<string, unknown> {
  return {
    name: group.name,
    alias: group.alias ?? group.name,
    sample_len: documents,
    ...numbers(measures),
    sample_count: Object.fromEntries(
      measures.map((each) => [`${each.metric},${each.filter}`, each.documents]),
    ),
  };
}

function numbers(measures: readonly Measure[]): Record<string, number | string> {
  return Object.fromEntries(
    measures.flatMap(({ filter, metric, standardError, value }) => [
      [`${metric},${filter}`, value],
      [`${metric}_stderr,${filter}`, standardError ?? "N/A"],
    ]),
  );
}

function versions(groups: readonly { group: TaskGroup }[]): Record<string, number | string> {
  return Object.fromEntries(groups.map(({ group }) => [group.name, group.version]));
}

function directions(measures: readonly Measure[]): Record<string, boolean> {
  return Object.fromEntries(
    measures.map(({ metric }) => [metric, METRICS[metric].higherIsBetter]),
  );
}

function taskConfig({ measures, shots, task }: TaskResult): Record<string, unknown> {
  const { data } = task;
  return {
    task: task.name,
    dataset_path: data.repository,
    ...(data.configuration === undefined ? {} : { dataset_name: data.configuration }),
    test_split: data.split,
    fewshot_split: data.exampleSplit,
    description: task.description ?? "",
    target_delimiter: task.gaps?.answer ?? " ",
    fewshot_delimiter: task.gaps?.example ?? "\n\n",
    num_fewshot: shots,
    output_type: OUTPUT_TYPES[task.kind],
    metric_list: [...new Set(measures.map(({ metric }) => metric))].map((metric) => ({
      metric,
      higher_is_better: METRICS[metric].higherIsBetter,
    })),
    metadata: { version: task.version },
  };
}

/** Hashes everything that was asked, in order: results with equal hashes answered the same questions. */
function taskHash({ samples }: TaskResult): string {
  const hash = createHash("sha256");
  for (const { hashes } of samples) {
    hash.update(hashes.document + hashes.prompt + hashes.target);
  }
  return hash.digest("hex");
}
