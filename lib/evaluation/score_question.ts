import type { ModelAnswer, PairAnswer } from "./language_model.ts";
import type { MetricValue } from "./metrics.ts";
import { length, splitWords } from "./python_text.ts";
import type { Question } from "./questions.ts";
import type { ChoiceTask, Task, WritingTask } from "./task.ts";

/** Scores of a document, as one way to read the answers finds them. */
export interface Reading {
  /** Name of the way; "none" where there is only one. */
  readonly filter: string;
  /** Answers as they were read. */
  readonly read: readonly ModelAnswer[];
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
      return plain({ perplexity: logProbability, acc: Number(greedy) });
    }
    case "page": {
      const { original } = task.ask(document);
      const total = first as number;
      const bytes = new TextEncoder().encode(original).length;
      return plain({
        word_perplexity: [total, splitWords(original).length],
        byte_perplexity: [total, bytes],
        bits_per_byte: [total, bytes],
      });
    }
    case "tokens": {
      const tokens = task.ask(document).length - 1;
      const { logProbability } = first as PairAnswer;
      return plain({ loss: [logProbability, tokens], token_perplexity: [logProbability, tokens] });
    }
    case "writing":
      return scoreWriting(task, task.ask(document).answer, first as string);
  }
}

function scoreChoice(
  task: ChoiceTask,
  document: Question["document"],
  answers: readonly PairAnswer[],
): Reading["values"] {
  const question = task.ask(document);
  const sums = answers.map(({ logProbability }) => logProbability);
  const perCharacter = sums.map((sum, i) => sum / length(question.answers[i] ?? ""));
  const isRight = (scores: number[]) => Number(largest(scores) === question.right);
  return {
    acc: isRight(sums),
    ...(task.byLength ? { acc_norm: isRight(perCharacter) } : {}),
  };
}

function scoreWriting(task: WritingTask, answer: string, generated: string): Reading[] {
  const bare = (text: string) =>
    task.ignored.reduce((rest, part) => rest.replace(part, ""), text).toLowerCase();
  return task.filters.map(({ extract, name }) => {
    const read = extract(generated);
    const values = { exact_match: Number(bare(read) === bare(answer)) };
    return { filter: name, read: [read], values };
  });
}

/** Place of the largest, the first of equals. */
function largest(scores: readonly number[]): number {
  return scores.reduce((best, score, at) => (score > scores[best] ? at : best), 0);
}
