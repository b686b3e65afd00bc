import type { ModelAnswer, PairAnswer } from "./language_model.ts";
import type { MetricValue } from "./metrics.ts";
import { pythonString } from "../python/python_string.ts";
import { length, splitWords } from "../python/python_text.ts";
import type { Question } from "./questions.ts";
import type { ChoiceTask, Task, WritingTask } from "./task.ts";

/** Scores of a document under one answer filter. */
export interface Reading {
  /** Name of the filter; "none" if the task has no filters. */
  readonly filter: string;
  /** Answers after filtering. */
  readonly read: readonly (ModelAnswer | readonly string[])[];
  /** Scores by metric. */
  readonly values: Readonly<Record<string, MetricValue>>;
}

/** Scores the answers to a question. */
export function scoreQuestion(
  task: Task,
  { document }: Question,
  answers: readonly ModelAnswer[],
): Reading[] {
  const [first] = answers;
  const plain = (values: Reading["values"]) => [{ filter: "none", read: answers, values }];
  switch (task.kind) {
    case "choice":
      return plain(scoreChoice(task, document, answers as PairAnswer[]));
    case "ending": {
      const { greedy, logProbability } = first as PairAnswer;
      return plain(chosen(task.metrics, { perplexity: logProbability, acc: Number(greedy) }));
    }
    case "page": {
      const { original } = task.ask(document);
      const total = first as number;
      const bytes = new TextEncoder().encode(original).length;
      return plain(chosen(task.metrics, {
        word_perplexity: [total, splitWords(original).length],
        byte_perplexity: [total, bytes],
        bits_per_byte: [total, bytes],
      }));
    }
    case "tokens": {
      const tokens = task.ask(document).length - 1;
      const { logProbability } = first as PairAnswer;
      return plain({ loss: [logProbability, tokens], token_perplexity: [logProbability, tokens] });
    }
    case "writing":
      return scoreWriting(task, document, first as string);
  }
}

function scoreChoice(
  task: ChoiceTask,
  document: Question["document"],
  answers: readonly PairAnswer[],
): Reading["values"] {
  const question = task.ask(document);
  const rights = [question.right].flat() as number[];
  // With several contexts, each context counts as an answer.
  const texts = typeof question.prompt === "string" ? question.answers : question.prompt;
  const sums = answers.map(({ logProbability }) => logProbability);
  const by = (size: (text: string) => number) => sums.map((sum, i) => sum / size(texts[i]));
  const isRight = (scores: number[]) => Number(rights.includes(largest(scores)));
  const measures: Readonly<Record<string, () => number>> = {
    acc: () => isRight(sums),
    acc_norm: () => isRight(by(length)),
    acc_bytes: () => isRight(by((text) => new TextEncoder().encode(text).length)),
    exact_match: () => Number(rights.some((right) => answers[right]?.greedy)),
    brier_score: () => brier(sums, rights),
  };
  return Object.fromEntries(task.metrics.map((metric) => [metric, measures[metric]()]));
}

/**
 * Returns the Brier score: the squared distance of the probabilities, normalized over the choices,
 * from the correct answer.
 */
function brier(sums: readonly number[], rights: readonly number[]): number {
  const top = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.reduce(
    (sum, power, i) => sum + (power / total - Number(rights.includes(i))) ** 2,
    0,
  );
}

/** Selects the metrics that a task reports. */
function chosen(metrics: readonly string[] | undefined, all: Reading["values"]): Reading["values"] {
  return metrics ? Object.fromEntries(metrics.map((metric) => [metric, all[metric]])) : all;
}

function scoreWriting(
  task: WritingTask,
  document: Question["document"],
  generated: string,
): Reading[] {
  const { answer, answers = [answer] } = task.ask(document);
  const written = new Array<string>(task.repeats ?? 1).fill(generated);
  const isRight = (read: unknown) =>
    answers.some((right) => task.matches(pythonString(read), right));
  return task.pipelines.map(({ name, steps }) => {
    const read = steps.reduce<unknown>((so, step) => step(so, document.choices), written);
    const list = Array.isArray(read) ? read : undefined;
    const value = list
      ? list.reduce((sum: number, each) => sum + Number(isRight(each)), 0) / list.length
      : Number(isRight(read));
    const shown = list ? [list.map(pythonString)] : [pythonString(read)];
    return { filter: name, read: shown, values: { exact_match: value } };
  });
}

/** Returns the index of the largest score, the first on a tie. */
function largest(scores: readonly number[]): number {
  return scores.reduce((best, score, at) => (score > scores[best] ? at : best), 0);
}
