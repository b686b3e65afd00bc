import { load } from "js-yaml";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { type Document, DocumentError } from "./document.ts";
import { METRICS } from "./metrics.ts";
import { PythonTemplate } from "./jinja/python_template.ts";
import { itemsOf, pythonText } from "./jinja/python_value.ts";
import type { ChoiceQuestion, Task, TaskData } from "./task.ts";

/** A task file that cannot be used. */
export class TaskFileError extends Error {
  override readonly name = "TaskFileError";
}

const name = v.pipe(v.string(), v.regex(/^\w[\w.-]{0,99}$/, "letters, digits, _ . -"));
const split = v.nullish(name);
const file = v.union([v.string(), v.array(v.string())]);

/** Longest text that a template may write, characters. */
const TEXT_MAX = 100_000_000;

/** The keys of lm-evaluation-harness's task files that are understood here; any other is an error. */
const FILE = v.strictObject({
  task: name,
  task_alias: v.optional(v.string()),
  tag: v.optional(v.any()),
  dataset_path: v.string(),
  dataset_name: v.nullish(v.string()),
  dataset_kwargs: v.nullish(v.looseObject({ data_files: v.optional(v.record(v.string(), file)) })),
  output_type: v.picklist(["multiple_choice", "loglikelihood", "loglikelihood_rolling"]),
  training_split: split,
  validation_split: split,
  test_split: split,
  fewshot_split: split,
  fewshot_config: v.nullish(v.strictObject({ sampler: v.picklist(["default", "first_n"]) })),
  num_fewshot: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000))),
  description: v.optional(v.pipe(v.string(), v.regex(/^(?![^]*\{[{%])/, "plain text")), ""),
  doc_to_text: v.optional(v.string(), ""),
  doc_to_target: v.union([v.string(), v.number()]),
  doc_to_choice: v.optional(v.union([v.string(), v.array(v.string())])),
  target_delimiter: v.optional(v.literal(" ")),
  fewshot_delimiter: v.optional(v.literal("\n\n")),
  metric_list: v.optional(
    v.array(v.looseObject({ metric: v.picklist(Object.keys(METRICS)) })),
  ),
  repeats: v.optional(v.literal(1)),
  should_decontaminate: v.optional(v.boolean()),
  doc_to_decontamination_query: v.optional(v.string()),
  metadata: v.optional(v.looseObject({ version: v.optional(v.number(), 0) }), {}),
});

type File = v.InferOutput<typeof FILE>;

/**
 * A user's own task, written as lm-evaluation-harness wants it: YAML whose texts are columns or templates.
 *
 * @param path Where it lies: data files are found beside it, and errors name it.
 * @throws TaskFileError naming the key that is missing or wrong.
 */
export function parseTaskFile(path: string, yaml: string): Task {
  let value: unknown;
  try {
    value = load(yaml);
  } catch (cause) {
    const [reason] = (cause as Error).message.split("\n");
    throw new TaskFileError(`Cannot read task ${path}: ${reason}`, { cause });
  }
  const unread = ["include", "group"].find((key) => Object.hasOwn(value ?? {}, key));
  if (unread !== undefined) {
    throw new TaskFileError(`Cannot read task ${path}: it has ${unread}, which is not read here`);
  }
  const parsed = v.safeParse(FILE, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new TaskFileError(
      `Cannot read task ${path}: ${v.getDotPath(issue) ?? "the file"} is ${issue.received}, want ${
        issue.expected ?? issue.message
      }`,
    );
  }
  return taskOf(path, parsed.output);
}

function taskOf(path: string, file: File): Task {
  const facts = {
    name: file.task,
    ...(file.task_alias === undefined ? {} : { alias: file.task_alias }),
    version: file.metadata.version ?? 0,
    data: dataOf(path, file),
    description: file.description,
    ...(file.num_fewshot === undefined || file.num_fewshot === null
      ? {}
      : { shots: file.num_fewshot }),
  };
  const prompt = renderer(path, "doc_to_text", file.doc_to_text);
  const target = renderer(path, "doc_to_target", String(file.doc_to_target));
  if (file.output_type === "loglikelihood_rolling") {
    return {
      ...facts,
      kind: "page",
      ask: (document) => ({ page: target(document), original: target(document) }),
    };
  }
  if (file.output_type === "loglikelihood") {
    return {
      ...facts,
      kind: "ending",
      ask: (document) => ({ prompt: prompt(document), ending: target(document) }),
    };
  }
  if (file.doc_to_choice === undefined) {
    throw new TaskFileError(`Cannot read task ${path}: doc_to_choice is missing, want a list`);
  }
  const choices = listRenderer(path, file.doc_to_choice);
  const answer = answerReader(path, file.doc_to_target);
  return {
    ...facts,
    kind: "choice",
    byLength: !file.metric_list || file.metric_list.some(({ metric }) => metric === "acc_norm"),
    ask: (document) => {
      const answers = choices(document);
      return { prompt: prompt(document), answers, ...answer(document, answers) };
    },
  };
}

function dataOf(path: string, file: File): TaskData {
  const split = file.test_split ?? file.validation_split;
  if (!split) {
    throw new TaskFileError(
      `Cannot read task ${path}: test_split and validation_split are missing, want one`,
    );
  }
  const files = file.dataset_kwargs?.data_files;
  return {
    repository: file.dataset_path,
    ...(file.dataset_name ? { configuration: file.dataset_name } : {}),
    ...(files
      ? {
        files: Object.fromEntries(
          Object.entries(files).map(([name, paths]) => [
            name,
            [paths].flat().map((each) => resolve(dirname(path), each)),
          ]),
        ),
      }
      : {}),
    split,
    exampleSplit: file.fewshot_split ?? file.training_split ?? file.validation_split ?? split,
    examplesMayRepeat: (file.fewshot_split ?? null) === (file.test_split ?? null),
    firstExamples: file.fewshot_config?.sampler === "first_n",
  };
}

/** A text of a document: a column's, or a template's. */
function renderer(path: string, key: string, text: string): (document: Document) => string {
  const template = compile(path, key, text);
  return (document) => String(columnOf(document, text) ?? render(template, key, document));
}

/**
 * The right answer: its place, and how sample files tell it. A number is a place, also as digits that a
 * template has made; any other text, and every text of a column, is the answer itself.
 */
function answerReader(
  path: string,
  target: string | number,
): (document: Document, answers: readonly string[]) => Pick<ChoiceQuestion, "right" | "target"> {
  const template = compile(path, "doc_to_target", String(target));
  return (document, answers) => {
    const column = columnOf(document, String(target));
    const value = column ?? render(template, "doc_to_target", document);
    const digits = column === undefined && /^\d+$/.test(String(value));
    const place = typeof value === "string" && !digits ? answers.indexOf(value) : Number(value);
    if (Number.isInteger(place) && place >= 0 && place < answers.length) {
      if (digits || typeof value === "number") return { right: place, target: place };
      const told = typeof value === "boolean" ? value ? "True" : "False" : String(value);
      return { right: place, target: told };
    }
    throw new DocumentError(
      `doc_to_target gives ${
        JSON.stringify(value)
      }, want a place or one of the ${answers.length} choices`,
    );
  };
}

function columnOf(document: Document, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] ?? undefined : undefined;
}

/** A list of a document: as it stands, a column's, or the value of a template that is one expression. */
function listRenderer(
  path: string,
  choices: string | string[],
): (document: Document) => string[] {
  if (typeof choices !== "string") return () => choices;
  const template = compile(path, "doc_to_choice", choices);
  return (document) => {
    const list = choices in document
      ? document[choices]
      : rendered("doc_to_choice", () => valuesOf(template, document));
    if (Array.isArray(list) && list.length > 0) return list.map(String);
    throw new DocumentError(`doc_to_choice gives ${JSON.stringify(list)}, want a list`);
  };
}

/** Items of the list that a template is, as Python prints them. */
function valuesOf(template: PythonTemplate, document: Document): string[] | undefined {
  const value = template.value(document, TEXT_MAX);
  return value && itemsOf(value)?.map((item) => pythonText(item, () => {}));
}

function compile(path: string, key: string, text: string): PythonTemplate {
  try {
    return new PythonTemplate(text, { kind: "task" });
  } catch (cause) {
    throw new TaskFileError(
      `Cannot read task ${path}: ${key} is no template: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function render(template: PythonTemplate, key: string, document: Document): string {
  return rendered(key, () => template.render(document, TEXT_MAX));
}

function rendered<Made>(key: string, body: () => Made): Made {
  try {
    return body();
  } catch (cause) {
    throw new DocumentError(`${key} cannot be rendered: ${(cause as Error).message}`, { cause });
  }
}
