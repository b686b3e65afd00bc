import type { TaskConfig } from "./config_schema.ts";
import { TaskFileError } from "./task_file_error.ts";

/** Metrics of one kind of task, as lm-evaluation-harness computes them. */
interface KindMetrics {
  /** Defaults for a file that names none. */
  readonly usual: readonly string[];
  /** All supported metrics, in the order of result files. */
  readonly offered: readonly string[];
  /** Metrics that the harness computes but covey does not; undefined if those are all the others. */
  readonly missing: readonly string[] | undefined;
}

const PAGE_METRICS = ["word_perplexity", "byte_perplexity", "bits_per_byte"];
const KINDS: Readonly<Record<TaskConfig["output_type"], KindMetrics>> = {
  multiple_choice: {
    usual: ["acc", "acc_norm"],
    offered: ["acc", "acc_norm", "acc_bytes", "exact_match", "brier_score"],
    missing: ["f1", "mcc", "likelihood", "acc_mutual_info"],
  },
  loglikelihood: { usual: ["perplexity", "acc"], offered: ["perplexity", "acc"], missing: [] },
  loglikelihood_rolling: { usual: PAGE_METRICS, offered: PAGE_METRICS, missing: [] },
  generate_until: { usual: ["exact_match"], offered: ["exact_match"], missing: undefined },
};
/** Metrics that the harness knows and ignores in tasks of other kinds. */
const KNOWN = ["bleu", "chrf", "ter", "f1", "mcc", "likelihood", "acc_mutual_info"].concat(
  Object.values(KINDS).flatMap(({ offered }) => offered),
);
/** Aggregations over documents, by metric; all other metrics are means. */
const AGGREGATIONS: Readonly<Record<string, string>> = {
  perplexity: "perplexity",
  word_perplexity: "weighted_perplexity",
  byte_perplexity: "weighted_perplexity",
  bits_per_byte: "bits_per_byte",
};

/**
 * Returns the metrics that a task file requests, in the order of result files.
 *
 * @throws TaskFileError naming an unsupported metric, or an aggregation other than the metric's
 * default.
 */
export function metricsOf(
  path: string,
  { metric_list: list, output_type: type }: TaskConfig,
): readonly string[] {
  const { missing, offered, usual } = KINDS[type];
  if (!list) return usual;
  for (const { aggregation, metric } of list) {
    const isUnknown = !KNOWN.includes(metric);
    if (!offered.includes(metric) && (isUnknown || (missing?.includes(metric) ?? true))) {
      throw new TaskFileError(
        `Cannot read task ${path}: metric ${metric} of ${type} is not supported, want ${
          offered.join(", ")
        }`,
      );
    }
    const own = AGGREGATIONS[metric] ?? "mean";
    if (offered.includes(metric) && (aggregation ?? own) !== own) {
      throw new TaskFileError(
        `Cannot read task ${path}: aggregation ${aggregation} of ${metric} is not supported, want ${own}`,
      );
    }
  }
  const found = offered.filter((name) => list.some(({ metric }) => metric === name));
  if (found.length > 0) return found;
  throw new TaskFileError(
    `Cannot read task ${path}: metric_list names none of ${offered.join(", ")}, which ${type} has`,
  );
}
