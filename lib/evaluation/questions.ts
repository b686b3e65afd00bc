import { InputError } from "../input/input_error.ts";
import { setImmediate } from "node:timers/promises";
import { type Document, DocumentError } from "./documents/document.ts";
import { Examples } from "./examples.ts";
import type { ModelRequest } from "./language_model.ts";
import { isSpace } from "../python/python_text.ts";
import { ANSWER_GAP, PLAIN_PROMPT, type PromptFormat, type Turn } from "../template/prompt.ts";
import type { ChoiceQuestion, Task } from "./task.ts";

/** Documents to process before yielding to the event loop. */
const DOCUMENTS_TOGETHER = 64;
/** Default separators between a question and its answer, and after each example. */
const GAPS = { answer: ANSWER_GAP, example: "\n\n" };

/** Options of a task's questions. */
export interface QuestionOptions {
  /** Few-shot examples per question. */
  readonly shots: number;
  /** Maximum documents to score: a count, or a fraction below 1. */
  readonly limit: number | undefined;
  /** Indices of the documents to score, by task; tasks that are not listed are scored in full. */
  readonly samples?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Maximum length of a generated answer in tokens; if omitted, the task's limit. */
  readonly answerTokensMax?: number | undefined;
  /** Few-shot seed. */
  readonly exampleSeed: number;
  /** Text before everything else. */
  readonly systemInstruction: string | undefined;
  /** Formats turns as a prompt; if omitted, turns are concatenated. */
  readonly format?: PromptFormat | undefined;
  /** Aborts the work with its reason. */
  readonly signal?: AbortSignal;
}

/** A document with the requests about it. */
export interface Question {
  /** Zero-based index of the document in its split. */
  readonly id: number;
  /** Columns, including prepared ones. */
  readonly document: Document;
  /** Correct answer as recorded in sample files: an index or a text. */
  readonly target: number | string;
  /** Requests to the model. */
  readonly requests: readonly ModelRequest[];
}

/**
 * Returns the indices of the scored documents, ascending.
 *
 * @param documents Number of documents.
 */
export function scoredPlaces(
  task: Task,
  documents: number,
  { limit = documents, samples = {} }: Pick<QuestionOptions, "limit" | "samples">,
): number[] {
  const chosen = Object.hasOwn(samples, task.name) ? samples[task.name] : undefined;
  if (chosen === undefined) {
    const count = Math.min(documents, limit < 1 ? Math.ceil(documents * limit) : limit);
    return Array.from({ length: count }, (_, at) => at);
  }
  return [...new Set(chosen)].sort((a, b) => a - b);
}

/**
 * Builds the questions of a task exactly as lm-evaluation-harness does, character by character.
 *
 * @throws DocumentError naming the document that lacks something; RangeError if one does not exist.
 */
export async function questionsOf(
  task: Task,
  documents: readonly Document[],
  pool: readonly Document[],
  options: QuestionOptions,
): Promise<Question[]> {
  const { format = PLAIN_PROMPT, shots } = options;
  const { data } = task;
  const places = scoredPlaces(task, documents.length, options);
  const beyond = places.find((at) => at >= documents.length);
  if (beyond !== undefined) {
    throw new InputError(
      `Cannot ask document ${beyond} of ${task.name}: split ${data.split} has ${documents.length}`,
    );
  }
  const prepared = (row: Document, split: string, at: number) =>
    located(task, split, at, () => task.prepare?.(row) ?? row);
  // Pages never have examples, regardless of the options.
  const shown = task.kind === "page" || task.kind === "tokens" ? 0 : shots;
  if (task.answerPrefix && format !== PLAIN_PROMPT) {
    throw new InputError(`Cannot ask ${task.name} in a chat: it has a gen_prefix`);
  }
  const examplesPool = shown > 0
    ? (data.samples ?? pool).map((row, at) => prepared(row, data.exampleSplit, at))
    : [];
  const examples = new Examples(data, examplesPool, shown, options.exampleSeed);
  const questions: Question[] = [];
  const rows = places.map((at) => [at, prepared(documents[at], data.split, at)] as const);
  for (const [id, document] of rows) {
    if (questions.length % DOCUMENTS_TOGETHER === 0) await setImmediate();
    options.signal?.throwIfAborted();
    questions.push(located(task, data.split, id, () => {
      const before = [
        ...opening(task, document, options),
        ...examples.next(document).flatMap((each) => exampleTurns(task.exampleTask ?? task, each)),
      ];
      const write = (content: string) =>
        format.write([...before, turn("user", withPrefix(task, document, content))]);
      return { id, document, ...requestsOf(task, document, write, options) };
    }));
  }
  return questions;
}

function turn(role: Turn["role"], content: string, gap = ""): Turn {
  return { role, content, gap };
}

/** Returns the turns before the examples. */
function opening(task: Task, document: Document, { systemInstruction }: QuestionOptions): Turn[] {
  const description = task.describe?.(document) ?? task.description;
  const parts = [systemInstruction, description].filter((part) => part);
  const [first = "", second = ""] = parts;
  const joined = second === "" || isSpace(first.at(-1)!) || isSpace(second[0]);
  return parts.length === 0 ? [] : [turn("system", parts.join(joined ? "" : gapsOf(task).example))];
}

function gapsOf({ gaps = GAPS }: Task): NonNullable<Task["gaps"]> {
  return gaps;
}

/** Appends the answer prefix to a question, adding a separator unless either already has a space there. */
function withPrefix(task: Task, document: Document, question: string): string {
  const prefix = task.answerPrefix?.(document) ?? "";
  if (prefix === "") return question;
  const touches = question === "" || isSpace(question.at(-1)!) || isSpace(prefix[0]);
  return question + (touches ? "" : gapsOf(task).answer) + prefix;
}

/** Returns the question and answer turns of an example. */
function exampleTurns(task: Task, document: Document): Turn[] {
  // Without an answer the harness emits only the question.
  const gaps = gapsOf(task);
  const turns = (prompt: string, answer: string) => {
    if (answer === "") return [turn("user", prompt)];
    const begun = withPrefix(task, document, prompt);
    const isBegun = begun !== prompt;
    const touches = isSpace(begun.at(-1) ?? "x") || isSpace(answer[0]);
    const gap = isBegun ? (touches ? "" : ANSWER_GAP) : gaps.answer;
    return [turn("user", begun, gap), turn("assistant", answer, gaps.example)];
  };
  switch (task.kind) {
    case "choice": {
      const { answers, prompt, right } = task.ask(document);
      if (typeof right !== "number") {
        throw new DocumentError("several right answers cannot be shown in an example");
      }
      return typeof prompt === "string"
        ? turns(prompt, answers[right] ?? "")
        : turns(prompt[right], answers[0]);
    }
    case "ending": {
      const { ending, prompt } = task.ask(document);
      return turns(prompt, ending);
    }
    case "writing": {
      const { answer, prompt } = task.ask(document);
      return turns(prompt, answer);
    }
    case "page":
    case "tokens":
      return [];
  }
}

/**
 * Returns the target and the requests of a document.
 *
 * @param write Builds the whole prompt from the part of the document itself.
 */
function requestsOf(
  task: Task,
  document: Document,
  write: (prompt: string) => string,
  { answerTokensMax, format = PLAIN_PROMPT }: QuestionOptions,
): Pick<Question, "target" | "requests"> {
  switch (task.kind) {
    case "choice": {
      const question = task.ask(document);
      const { answers, prompt, right } = question;
      return {
        target: question.target ?? (typeof prompt === "string" ? Number(right) : answers[0]),
        requests: choicePairs(question, write).map(([context, answer]) => ({
          kind: "pair",
          context,
          continuation: (format.choiceGap ?? gapsOf(task).answer) + answer,
        })),
      };
    }
    case "ending": {
      const { ending, prompt } = task.ask(document);
      return {
        target: ending,
        requests: [{ kind: "pair", context: write(prompt), continuation: ending }],
      };
    }
    case "page": {
      const { page } = task.ask(document);
      return { target: page, requests: [{ kind: "page", page }] };
    }
    case "tokens": {
      const tokens = task.ask(document);
      return { target: tokens.at(-1)!, requests: [{ kind: "tokens", tokens }] };
    }
    case "writing": {
      const { answer, prompt, target = answer } = task.ask(document);
      const { until } = task;
      const tokensMax = answerTokensMax ?? task.tokensMax;
      return {
        target,
        requests: [{ kind: "writing", context: write(prompt), until, tokensMax }],
      };
    }
  }
}

function choicePairs(
  { answers, prompt }: ChoiceQuestion,
  write: (prompt: string) => string,
): (readonly [string, string])[] {
  if (typeof prompt !== "string") return prompt.map((each) => [write(each), answers[0]]);
  const context = write(prompt);
  return answers.map((answer) => [context, answer]);
}

/** Adds the document's location to a DocumentError. */
function located<Value>(task: Task, split: string, at: number, body: () => Value): Value {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    throw new DocumentError(
      `Cannot ask document ${at} of ${task.name}, split ${split}: ${cause.message}`,
      { cause },
    );
  }
}
