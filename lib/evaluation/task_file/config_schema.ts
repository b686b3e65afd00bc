import * as v from "valibot";
import { TaskFileError } from "./task_file_error.ts";
import { describeIssue } from "../../input/describe_issue.ts";

const name = v.pipe(v.string(), v.regex(/^[\w:][\w:.-]{0,199}$/, "letters, digits, _ . -"));
const split = v.nullish(name);
const texts = v.union([v.string(), v.array(v.string())]);
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000));

const scalar = v.nullable(v.union([v.string(), v.number(), v.boolean()]));

/** Source of a document's text: a template, a column, or a number. */
const source = v.nullish(v.union([v.string(), v.number()]));
const target = v.nullish(v.union([v.string(), v.number(), v.array(v.unknown())]));
const choice = v.nullish(
  v.union([v.string(), v.array(v.unknown()), v.record(v.string(), v.unknown())]),
);

const FEWSHOT = v.strictObject({
  sampler: v.optional(v.picklist(["default", "first_n"]), "default"),
  split,
  samples: v.nullish(v.array(v.record(v.string(), v.unknown()))),
  fewshot_indices: v.optional(v.unknown()),
  doc_to_text: source,
  doc_to_target: target,
  doc_to_choice: choice,
  gen_prefix: v.nullish(v.string()),
  fewshot_delimiter: v.nullish(v.string()),
  target_delimiter: v.nullish(v.string()),
});

const DATASET = v.strictObject({
  trust_remote_code: v.optional(v.unknown()),
  data_files: v.optional(v.union([texts, v.record(v.string(), texts)])),
  data_dir: v.nullish(v.string()),
  field: v.nullish(v.string()),
});

/** A metric and its options. */
const METRIC = v.strictObject({
  higher_is_better: v.nullish(v.boolean()),
  hf_evaluate: v.optional(v.literal(false)),
  metric: v.string(),
  aggregation: v.nullish(v.string()),
  ignore_case: v.optional(v.boolean(), false),
  ignore_punctuation: v.optional(v.boolean(), false),
  ignore_numbers: v.optional(v.boolean(), false),
  regexes_to_ignore: v.nullish(v.array(v.string())),
});

const FINDER = {
  regex_pattern: v.optional(v.string()),
  group_select: v.optional(v.pipe(v.number(), v.integer()), 0),
  fallback: v.optional(v.string(), "[invalid]"),
};

const FILTER = v.strictObject({
  name: v.string(),
  filter: v.array(v.variant("function", [
    ...["take_first", "lowercase", "uppercase", "remove_whitespace", "majority_vote"].map((name) =>
      v.strictObject({ function: v.literal(name) })
    ),
    v.strictObject({ function: v.literal("take_first_k"), k: count }),
    v.strictObject({
      function: v.literal("map"),
      mapping_dict: v.optional(v.record(v.string(), scalar), {}),
      default_value: v.optional(scalar, null),
    }),
    v.strictObject({ function: v.literal("regex"), ...FINDER }),
    v.strictObject({
      function: v.literal("multi_choice_regex"),
      ...FINDER,
      ignore_case: v.optional(v.boolean(), false),
      ignore_punctuation: v.optional(v.boolean(), false),
      regexes_to_ignore: v.nullish(texts),
    }),
  ])),
});

/** Supported keys of lm-evaluation-harness task files; any other key is an error. */
const FILE = v.strictObject({
  task: name,
  task_alias: v.nullish(v.string()),
  tag: v.optional(v.unknown()),
  dataset_path: v.string(),
  dataset_name: v.nullish(v.string()),
  dataset_kwargs: v.nullish(DATASET),
  output_type: v.optional(
    v.picklist(["multiple_choice", "loglikelihood", "loglikelihood_rolling", "generate_until"]),
    "generate_until",
  ),
  training_split: split,
  validation_split: split,
  test_split: split,
  fewshot_split: split,
  fewshot_config: v.nullish(FEWSHOT),
  num_fewshot: v.nullish(count),
  description: v.nullish(v.string()),
  doc_to_text: source,
  doc_to_target: target,
  doc_to_choice: choice,
  gen_prefix: v.nullish(v.string()),
  target_delimiter: v.optional(v.string(), " "),
  fewshot_delimiter: v.optional(v.string(), "\n\n"),
  generation_kwargs: v.nullish(v.record(v.string(), v.union([scalar, v.array(scalar)]))),
  repeats: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 1),
  filter_list: v.nullish(v.pipe(v.array(FILTER), v.minLength(1))),
  metric_list: v.nullish(v.pipe(v.array(METRIC), v.minLength(1))),
  should_decontaminate: v.optional(v.unknown()),
  doc_to_decontamination_query: v.optional(v.unknown()),
  metadata: v.optional(
    v.looseObject({ version: v.optional(v.union([v.number(), v.string()]), "Yaml") }),
    {},
  ),
});

/** A validated task file. */
export type TaskConfig = v.InferOutput<typeof FILE>;
/** One entry of `metric_list`. */
export type MetricConfig = v.InferOutput<typeof METRIC>;
/** One entry of `filter_list`. */
export type FilterConfig = v.InferOutput<typeof FILTER>;

/**
 * Validates the keys of a task.
 *
 * @param path File, named in errors.
 * @throws TaskFileError naming the key that is missing, wrong or unsupported.
 */
export function checkTaskConfig(
  path: string,
  value: Readonly<Record<string, unknown>>,
): TaskConfig {
  const parsed = v.safeParse(FILE, value);
  if (parsed.success) return parsed.output;
  throw new TaskFileError(`Cannot read task ${path}: ${describeIssue(parsed.issues)}`);
}
