import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Document, DocumentError } from "../documents/document.ts";
import { answerMatcher } from "../match_answers.ts";
import { pythonString } from "../../python/python_string.ts";
import type { ChoiceQuestion, Task, TaskData, TaskFacts } from "../task.ts";
import { answerPipelines } from "./answer_filters.ts";
import { checkTaskConfig, type MetricConfig, type TaskConfig } from "./config_schema.ts";
import {
  choicesSource,
  type Gold,
  goldSource,
  type Source,
  textSource,
} from "./document_sources.ts";
import { generationOf } from "./generation_settings.ts";
import { metricsOf } from "./metrics_of_file.ts";
import { TaskFileError } from "./task_file_error.ts";

/** Keys that would run code or need unsupported input, with the reason for refusal. */
const REFUSED: Readonly<Record<string, string>> = {
  class: "it names a Python class",
  custom_dataset: "it is a Python function",
  process_docs: "it is a Python function",
  process_results: "it is a Python function",
  doc_to_image: "images are not read",
  doc_to_audio: "audio is not read",
  unsafe_code: "model-written code is not run",
  use_prompt: "prompts of other files are not read",
};
/**
 * Builds a user-defined task from the keys of its file.
 *
 * @param path Path of the file: data files are found relative to it, and errors name it.
 * @throws TaskFileError naming the key that is missing, wrong or unsupported.
 */
export function taskOfFile(path: string, given: Readonly<Record<string, unknown>>): Task {
  const keys = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  if (keys.unsafe_code === false) delete keys.unsafe_code;
  for (const [key, why] of Object.entries(REFUSED)) {
    if (keys[key] === undefined) continue;
    throw new TaskFileError(`Cannot read task ${path}: ${key} is not supported: ${why}`);
  }
  const config = checkTaskConfig(path, keys);
  const shown = exampleConfig(path, config);
  const task = build(path, config);
  return shown ? { ...task, exampleTask: build(path, shown) } : task;
}

/** Returns the config that formats few-shot examples, if it differs. */
function exampleConfig(path: string, config: TaskConfig): TaskConfig | undefined {
  const { fewshot_config: shown } = config;
  if (!shown) return undefined;
  const { doc_to_choice, doc_to_target, doc_to_text, fewshot_delimiter, gen_prefix } = shown;
  const changes = Object.entries({
    doc_to_choice,
    doc_to_target,
    doc_to_text,
    fewshot_delimiter,
    gen_prefix,
    target_delimiter: shown.target_delimiter,
  }).filter(([, value]) => value !== undefined && value !== null);
  if (changes.length === 0) return undefined;
  return checkTaskConfig(path, { ...config, fewshot_config: null, ...Object.fromEntries(changes) });
}

function build(path: string, config: TaskConfig): Task {
  const { doc_to_target: target, doc_to_text: question, output_type: type } = config;
  for (const [key, value] of [["doc_to_text", question], ["doc_to_target", target]] as const) {
    if (value !== undefined && value !== null) continue;
    throw new TaskFileError(
      `Cannot read task ${path}: ${key} is missing, want a template or column`,
    );
  }
  if (type !== "generate_until" && (config.repeats > 1 || config.filter_list)) {
    throw new TaskFileError(
      `Cannot read task ${path}: ${
        config.filter_list ? "filter_list" : "repeats"
      } of ${type} is not supported: only generated answers have filters and repeats`,
    );
  }
  const facts = factsOf(path, config);
  const metrics = metricsOf(path, config);
  const hasChoices = config.doc_to_choice !== undefined && config.doc_to_choice !== null;
  const gold = goldSource(path, "doc_to_target", target!, hasChoices);
  const targetText: Source<string> = (document) => pythonString(gold(document));
  if (type === "multiple_choice") {
    return { ...facts, kind: "choice", metrics, ask: choiceQuestions(path, config, gold) };
  }
  if (typeof question === "number") {
    throw new TaskFileError(`Cannot read task ${path}: doc_to_text is ${question}, want a text`);
  }
  const prompt = textSource(path, "doc_to_text", question!);
  if (type === "loglikelihood_rolling") {
    const ask = (document: Document) => {
      const page = targetText(document);
      return { page, original: page };
    };
    return { ...facts, kind: "page", metrics, ask };
  }
  if (type === "loglikelihood") {
    const ask = (document: Document) => ({
      prompt: prompt(document),
      ending: targetText(document),
    });
    return { ...facts, kind: "ending", metrics, ask };
  }
  const choices = hasChoices
    ? choicesSource(path, "doc_to_choice", config.doc_to_choice!)
    : undefined;
  return {
    ...facts,
    kind: "writing",
    ...generationOf(path, config.generation_kwargs, config.fewshot_delimiter),
    repeats: config.repeats,
    pipelines: answerPipelines(path, config.filter_list),
    matches: answerMatcher(exactMatch(config.metric_list) ?? {}),
    ask: (document) => ({
      prompt: prompt(document),
      ...writtenAnswer(gold(document), choices?.(document)),
    }),
  };
}

function factsOf(path: string, config: TaskConfig): TaskFacts {
  const { description, gen_prefix: prefix, metadata, num_fewshot: shots, task_alias: alias } =
    config;
  return {
    name: config.task,
    ...(alias ? { alias } : {}),
    version: metadata.version,
    data: dataOf(path, config),
    ...(description ? { describe: textSource(path, "description", description) } : {}),
    gaps: { answer: config.target_delimiter, example: config.fewshot_delimiter },
    ...(prefix ? { answerPrefix: textSource(path, "gen_prefix", prefix) } : {}),
    ...(shots === undefined || shots === null ? {} : { shots }),
  };
}

function exactMatch(list: readonly MetricConfig[] | null | undefined): MetricConfig | undefined {
  return list?.findLast(({ metric }) => metric === "exact_match");
}

function dataOf(path: string, config: TaskConfig): TaskData {
  const { fewshot_config: shown, training_split: training, validation_split: validation } = config;
  const split = config.test_split ?? validation;
  if (!split) {
    throw new TaskFileError(
      `Cannot read task ${path}: test_split and validation_split are missing, want one`,
    );
  }
  const { data_dir: folder, data_files: files, field } = config.dataset_kwargs ?? {};
  if (folder && files === undefined) {
    throw new TaskFileError(
      `Cannot read task ${path}: dataset_kwargs has data_dir without data_files, want both`,
    );
  }
  const exampleSplit = shown?.split ?? config.fewshot_split ?? undefined;
  const samples = exampleSplit === undefined ? shown?.samples ?? undefined : undefined;
  const named = typeof files === "object" && !Array.isArray(files) ? files : { train: files ?? [] };
  return {
    repository: config.dataset_path,
    ...(config.dataset_name ? { configuration: config.dataset_name } : {}),
    ...(files === undefined ? {} : {
      files: Object.fromEntries(
        Object.entries(named).map(([name, paths]) => [
          name,
          [paths].flat().map((each) => filePath(path, folder ? `${folder}/${each}` : each)),
        ]),
      ),
    }),
    ...(field ? { field } : {}),
    split,
    exampleSplit: exampleSplit ?? training ?? validation ?? split,
    ...(samples ? { samples } : {}),
    examplesMayRepeat: (exampleSplit ?? null) === (config.test_split ?? null),
    firstExamples: shown?.sampler === "first_n",
  };
}

/**
 * Resolves a path relative to the task file, else to the working directory, as the harness does.
 */
function filePath(path: string, file: string): string {
  const beside = resolve(dirname(path), file);
  return existsSync(beside) || file.includes("*")
    ? beside
    : existsSync(file)
    ? resolve(file)
    : beside;
}

function choiceQuestions(
  path: string,
  { doc_to_choice: list, doc_to_text: question }: TaskConfig,
  gold: Source<Gold>,
): Source<ChoiceQuestion> {
  if (list === undefined || list === null) {
    throw new TaskFileError(`Cannot read task ${path}: doc_to_choice is missing, want a list`);
  }
  const choices = choicesSource(path, "doc_to_choice", list);
  // If the question is the index of an answer, the choices are the contexts.
  const place = goldSource(path, "doc_to_text", question!, true);
  return (document) => {
    const answers = choices(document);
    const asked = place(document);
    const target = gold(document);
    if (typeof asked === "number") {
      const ending = typeof target === "string" ? target : pythonString(target);
      return { prompt: answers, answers: [ending], right: asked, target: ending };
    }
    if (typeof asked !== "string") {
      throw new DocumentError(
        `doc_to_text gives ${
          pythonString(asked).slice(0, 80)
        }, want a text; use a template to make one`,
      );
    }
    const prompt = asked;
    return { prompt, answers, right: places(target, answers), target: pythonString(target) };
  };
}

/** Returns the indices of the correct choices; a target that matches no choice is never correct. */
function places(gold: Gold, answers: readonly string[]): number | readonly number[] {
  if (typeof gold === "string") return answers.indexOf(gold);
  if (typeof gold === "boolean") return Number(gold);
  if (Array.isArray(gold) && gold.every((each) => Number.isInteger(each))) return gold as number[];
  if (typeof gold === "number" && Number.isInteger(gold)) return gold;
  throw new DocumentError(
    `doc_to_target gives ${
      Array.isArray(gold) ? "a list of non-integers" : typeof gold
    }, want an index or one of the ${answers.length} choices`,
  );
}

/** Returns the reference of a written answer, and the target that sample files record. */
function writtenAnswer(gold: Gold, choices: readonly string[] | undefined) {
  const target = pythonString(gold);
  if (choices) {
    const right = typeof gold === "number" ? choices[gold] : undefined;
    if (right !== undefined) return { answer: right, target };
    throw new DocumentError(
      `doc_to_target gives ${typeof gold}, want the index of one of ${choices.length} choices`,
    );
  }
  if (gold === null) throw new DocumentError("doc_to_target gives nothing, want a text");
  if (!Array.isArray(gold)) return { answer: target, target };
  const texts = gold.map((each) => pythonString(each));
  return { answer: texts[0] ?? "", answers: texts, target };
}
