import { setImmediate } from "node:timers/promises";
import { type Document, DocumentError } from "./document.ts";
import { Examples } from "./examples.ts";
import type { ModelRequest } from "./language_model.ts";
import type { ChoiceQuestion, Task } from "./task.ts";

/** Stands between a prompt and its answer. */
const ANSWER_GAP = " ";
/** Documents that are asked about before others may have a turn. */
const DOCUMENTS_TOGETHER = 64;
/** Stands behind each example. */
const EXAMPLE_GAP = "\n\n";

/** How the questions of a task are put. */
export interface QuestionOptions {
  /** Examples before each question. */
  readonly shots: number;
  /** Documents to score at most: a number, or a share below 1. */
  readonly limit: number | undefined;
  /** Seed of the examples. */
  readonly exampleSeed: number;
  /** Text before everything. */
  readonly systemInstruction: string | undefined;
  /** Ends the work with its reason. */
  readonly signal?: AbortSignal;
}

/** A document with what is asked about it. */
export interface Question {
  /** Number of the document in its split, from 0. */
  readonly id: number;
  /** Columns, the prepared ones too. */
  readonly document: Document;
  /** What the right answer is, as sample files show it: a place or a text. */
  readonly target: number | string;
  /** What is asked of the model. */
  readonly requests: readonly ModelRequest[];
}

/** How many of a number of documents are scored. */
export function limitedCount(documents: number, limit: number | undefined): number {
  if (limit === undefined) return documents;
  return Math.min(documents, limit < 1 ? Math.ceil(documents * limit) : limit);
}

/**
 * Puts the questions of a task exactly as lm-evaluation-harness does, character by character.
 *
 * @throws DocumentError naming the document that lacks something.
 */
export async function questionsOf(
  task: Task,
  documents: readonly Document[],
  pool: readonly Document[],
  options: QuestionOptions,
): Promise<Question[]> {
  const prepare = (rows: readonly Document[], split: string) =>
    rows.map((row, at) => located(task, split, at, () => task.prepare?.(row) ?? row));
  const { limit, shots } = options;
  const { data } = task;
  const count = limitedCount(documents.length, limit);
  const rows = prepare(documents.slice(0, count), data.split);
  // Pages stand alone, whatever is asked for.
  const shown = task.kind === "page" || task.kind === "tokens" ? 0 : shots;
  const examplesPool = shown > 0 ? prepare(pool, data.exampleSplit) : [];
  const examples = new Examples(data, examplesPool, shown, options.exampleSeed);
  const questions: Question[] = [];
  for (const [id, document] of rows.entries()) {
    if (id % DOCUMENTS_TOGETHER === 0) await setImmediate();
    options.signal?.throwIfAborted();
    questions.push(located(task, data.split, id, () => {
      const before = opening(task, options) +
        examples.next(document).map((each) => exampleText(task, each) + EXAMPLE_GAP).join("");
      return { id, document, ...requestsOf(task, document, before) };
    }));
  }
  return questions;
}

/** What stands before the examples. */
function opening(task: Task, { systemInstruction }: QuestionOptions): string {
  const { description = "" } = task;
  if (systemInstruction === undefined) return description;
  const joined = description === "" || /\s$/.test(systemInstruction) || /^\s/.test(description);
  return systemInstruction + (joined ? "" : EXAMPLE_GAP) + description;
}

function exampleText(task: Task, document: Document): string {
  switch (task.kind) {
    case "choice": {
      const question = task.ask(document);
      const { answers, prompt, right } = question;
      return typeof prompt === "string"
        ? prompt + ANSWER_GAP + answers[right]
        : prompt[right] + ANSWER_GAP + answers[0];
    }
    case "ending": {
      const { ending, prompt } = task.ask(document);
      return prompt + ANSWER_GAP + ending;
    }
    case "writing": {
      const { answer, prompt } = task.ask(document);
      return prompt + ANSWER_GAP + answer;
    }
    case "page":
    case "tokens":
      return "";
  }
}

function requestsOf(
  task: Task,
  document: Document,
  before: string,
): Pick<Question, "target" | "requests"> {
  switch (task.kind) {
    case "choice": {
      const question = task.ask(document);
      const { answers, prompt, right } = question;
      return {
        target: typeof prompt === "string" ? right : answers[0],
        requests: choicePairs(question).map(([context, answer]) => ({
          kind: "pair",
          context: before + context,
          continuation: ANSWER_GAP + answer,
        })),
      };
    }
    case "ending": {
      const { ending, prompt } = task.ask(document);
      return {
        target: ending,
        requests: [{ kind: "pair", context: before + prompt, continuation: ending }],
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
      const { answer, prompt } = task.ask(document);
      const { tokensMax, until } = task;
      return {
        target: answer,
        requests: [{ kind: "writing", context: before + prompt, until, tokensMax }],
      };
    }
  }
}

function choicePairs({ answers, prompt }: ChoiceQuestion): (readonly [string, string])[] {
  return typeof prompt === "string"
    ? answers.map((answer) => [prompt, answer])
    : prompt.map((each) => [each, answers[0]]);
}

/** Says which document it was that something is wrong with. */
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
