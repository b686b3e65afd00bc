import { InputError } from "../input/input_error.ts";
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { pythonJson } from "../python/python_json.ts";
import type { Document } from "./documents/document.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "./language_model.ts";
import { METRICS, type MetricValue } from "./metrics.ts";
import { type Question, type QuestionOptions, questionsOf } from "./questions.ts";
import { type Reading, scoreQuestion } from "./score_question.ts";
import { shotsOf, type Task } from "./task.ts";

/** A task with its documents. */
export interface LoadedTask {
  /** The task. */
  readonly task: Task;
  /** Documents of the scored split. */
  readonly documents: readonly Document[];
  /** Documents to draw examples from; empty where none are needed. */
  readonly pool: readonly Document[];
}

/** Options of an evaluation. */
export interface EvaluationOptions extends Omit<QuestionOptions, "shots"> {
  /** Few-shot examples per question; if undefined, the task's default. */
  readonly shots: number | undefined;
  /** Bootstrap resamples for a standard error without a formula; 0 reports no standard errors. */
  readonly bootstrapIterations: number;
}

/** A document with its answers and scores. */
export interface Sample extends Reading {
  /** The question. */
  readonly question: Question;
  /** The model's answers. */
  readonly answers: readonly ModelAnswer[];
  /** SHA-256 of the document, of the first prompt and of the target, as the harness computes them. */
  readonly hashes: { readonly document: string; readonly prompt: string; readonly target: string };
}

/** Value of one metric in a task's result. */
export interface Measure {
  /** Name of the metric. */
  readonly metric: string;
  /** Name of the answer filter. */
  readonly filter: string;
  /** Value. */
  readonly value: number;
  /** Standard error; undefined if not reported. */
  readonly standardError: number | undefined;
}

/** Result of a task. */
export interface TaskResult {
  /** The task. */
  readonly task: Task;
  /** Few-shot examples per question. */
  readonly shots: number;
  /** Number of documents in the split, and of those scored. */
  readonly documents: { readonly original: number; readonly effective: number };
  /** Values, in the order of the metrics. */
  readonly measures: readonly Measure[];
  /** Scored documents, grouped by filter. */
  readonly samples: readonly Sample[];
}

/** A task that could not be evaluated. */
export interface TaskFailure {
  /** Name of the task. */
  readonly name: string;
  /** Reason of the failure. */
  readonly error: Error;
}

/** Outcome of an evaluation. */
export interface EvaluationOutcome {
  /** Results of the tasks that could be evaluated. */
  readonly results: readonly TaskResult[];
  /** Tasks that could not be evaluated. */
  readonly failures: readonly TaskFailure[];
}

/**
 * Asks a model the questions of all tasks at once, and scores its answers. A failing task does not affect the
 * others.
 */
export async function evaluate(
  tasks: readonly LoadedTask[],
  model: LanguageModel,
  options: EvaluationOptions,
): Promise<EvaluationOutcome> {
  const failures: TaskFailure[] = [];
  const asked: { loaded: LoadedTask; shots: number; questions: Question[] }[] = [];
  for (const loaded of tasks) {
    const { documents, pool, task } = loaded;
    const shots = shotsOf(task, options.shots);
    await setImmediate();
    options.signal?.throwIfAborted();
    try {
      if (documents.length === 0) {
        throw new InputError(`Cannot evaluate ${task.name}: split ${task.data.split} is empty`);
      }
      const questions = await questionsOf(task, documents, pool, { ...options, shots });
      asked.push({ loaded, shots, questions });
    } catch (cause) {
      options.signal?.throwIfAborted();
      failures.push({ name: task.name, error: cause as Error });
    }
  }
  const answers = await model.answer(
    asked.flatMap(({ questions }) => questions.map(({ requests }) => requests)),
  );
  const results: TaskResult[] = [];
  let at = 0;
  for (const { loaded, questions, shots } of asked) {
    const own = answers.slice(at, at += questions.length);
    const error = own.flat().find((answer) => answer instanceof Error);
    if (error) failures.push({ name: loaded.task.name, error });
    else results.push(resultOf(loaded, shots, questions, own, options));
  }
  return { results, failures };
}

function resultOf(
  { documents, task }: LoadedTask,
  shots: number,
  questions: readonly Question[],
  answers: readonly (readonly ModelAnswer[])[],
  { bootstrapIterations }: EvaluationOptions,
): TaskResult {
  const samples = questions.flatMap((question, i) =>
    scoreQuestion(task, question, answers[i]).map((reading): Sample => ({
      ...reading,
      question,
      answers: answers[i],
      hashes: hashesOf(question),
    }))
  );
  const filters = [...new Set(samples.map(({ filter }) => filter))];
  const ofFilter = (name: string) => samples.filter(({ filter }) => filter === name);
  return {
    task,
    shots,
    documents: { original: documents.length, effective: questions.length },
    samples: filters.flatMap(ofFilter),
    measures: filters.flatMap((filter) => {
      const own = ofFilter(filter);
      return Object.keys(own[0].values).map((metric) =>
        measure(metric, filter, own.map(({ values }) => values[metric]), bootstrapIterations)
      );
    }),
  };
}

function measure(
  metric: string,
  filter: string,
  values: readonly MetricValue[],
  bootstrapIterations: number,
): Measure {
  const { aggregate, standardError } = METRICS[metric];
  const told = bootstrapIterations > 0 && values.length > 1;
  return {
    metric,
    filter,
    value: aggregate(values),
    standardError: told ? standardError?.(values, bootstrapIterations) : undefined,
  };
}

function promptOf(request: ModelRequest): string {
  if (request.kind === "page") return request.page;
  return request.kind === "tokens" ? request.tokens.join(" ") : request.context;
}

function hashesOf({ document, requests, target }: Question): Sample["hashes"] {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const [first] = requests;
  return {
    document: sha256(pythonJson(document, 2)),
    prompt: sha256(promptOf(first)),
    target: sha256(String(target)),
  };
}
