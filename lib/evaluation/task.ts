import type { Document } from "./documents/document.ts";
import type { AnswerMatcher } from "./match_answers.ts";
import type { AnswerPipeline } from "./task_file/answer_filters.ts";

/** Source of a task's documents. */
export interface TaskData {
  /** Dataset on the hub, such as "allenai/ai2_arc". */
  readonly repository: string;
  /** Configuration of the dataset; if omitted, the repository's only one. */
  readonly configuration?: string;
  /** Local files by split, for tasks that bring their own. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** Key of the rows in a JSON file's object. */
  readonly field?: string;
  /** Split to score. */
  readonly split: string;
  /** Split to draw few-shot examples from. */
  readonly exampleSplit: string;
  /**
   * Whether the harness considers the example split to be the scored one (it compares the names in the task,
   * which may both be absent). If so, one more example is drawn and the document itself is dropped.
   */
  readonly examplesMayRepeat?: boolean;
  /** Documents to draw few-shot examples from, instead of a split. */
  readonly samples?: readonly Document[];
  /** Whether to take the first examples instead of drawing. */
  readonly firstExamples?: boolean;
}

/** Properties of all tasks. */
export interface TaskFacts {
  /** Unique name. */
  readonly name: string;
  /** Name in tables; if omitted, `name`. */
  readonly alias?: string;
  /** Version in lm-evaluation-harness; results of different versions are not comparable. */
  readonly version: number | string;
  /** Source of the documents. */
  readonly data: TaskData;
  /** Text before the examples. */
  readonly description?: string;
  /** Description that depends on the document. */
  readonly describe?: (document: Document) => string;
  /**
   * Separators between a question and its answer, and after an example; by default a space and two newlines.
   */
  readonly gaps?: { readonly answer: string; readonly example: string };
  /** Prefix that the answer is made to begin with. */
  readonly answerPrefix?: (document: Document) => string;
  /** Task that formats the few-shot examples, if it differs. */
  readonly exampleTask?: Task;
  /** Default number of few-shot examples per question. */
  readonly shots?: number;
  /** Changes or adds columns; sample files record the returned document. */
  readonly prepare?: (document: Document) => Document;
}

/** A multiple-choice question; the most probable answer counts. */
export interface ChoiceQuestion {
  /** Text before every answer, or one text per answer. */
  readonly prompt: string | readonly string[];
  /** Answers, or the one text that follows each of several prompts. */
  readonly answers: readonly string[];
  /** Index of the correct answer, or of several. */
  readonly right: number | readonly number[];
  /** Correct answer as recorded in sample files; if omitted, its index. */
  readonly target?: number | string;
}

/** A multiple-choice task. */
export interface ChoiceTask extends TaskFacts {
  readonly kind: "choice";
  /** Reported metrics. */
  readonly metrics: readonly string[];
  /** Returns the question of a document. */
  ask(document: Document): ChoiceQuestion;
}

/** A loglikelihood task: predicting the end of texts. */
export interface EndingTask extends TaskFacts {
  readonly kind: "ending";
  /** Reported metrics; if omitted, both. */
  readonly metrics?: readonly string[];
  /** Returns a text and its ending, which includes the space before it. */
  ask(document: Document): { readonly prompt: string; readonly ending: string };
}

/** A rolling-loglikelihood task: the perplexity of whole pages. */
export interface PageTask extends TaskFacts {
  readonly kind: "page";
  /** Reported metrics; if omitted, all three. */
  readonly metrics?: readonly string[];
  /** Returns the page as the model sees it, and the original whose words and bytes are counted. */
  ask(document: Document): { readonly page: string; readonly original: string };
}

/** A task of token ids as stored in a shard. */
export interface TokensTask extends TaskFacts {
  readonly kind: "tokens";
  /** Returns the tokens of a sample; each but the first is predicted from those before it. */
  ask(document: Document): readonly number[];
}

/** A generation task: questions that the model answers with generated text. */
export interface WritingTask extends TaskFacts {
  readonly kind: "writing";
  /**
   * Returns a question and its correct answer; `answers` if there are several, `target` as recorded in sample
   * files.
   */
  ask(document: Document): {
    readonly prompt: string;
    readonly answer: string;
    readonly answers?: readonly string[];
    readonly target?: string;
  };
  /** Texts that end an answer. */
  readonly until: readonly string[];
  /** Maximum answer length, in tokens. */
  readonly tokensMax: number;
  /** Generation settings as recorded in sample files. */
  readonly generation?: Readonly<Record<string, unknown>>;
  /** How many times each answer counts; repeats are identical, since decoding is greedy. */
  readonly repeats?: number;
  /** Filter pipelines that extract the answer. */
  readonly pipelines: readonly AnswerPipeline[];
  /** Reports whether an extracted answer is correct. */
  readonly matches: AnswerMatcher;
}

/** A task that a model is scored on. */
export type Task = ChoiceTask | EndingTask | PageTask | TokensTask | WritingTask;

/**
 * Returns the number of few-shot examples of a task. A task that declares none has none, regardless of
 * `asked`.
 */
export function shotsOf(task: Task, asked: number | undefined): number {
  return task.shots === 0 ? 0 : asked ?? task.shots ?? 0;
}

/** Tasks whose scores are reported together. */
export interface TaskGroup {
  /** Name. */
  readonly name: string;
  /** Name in tables. */
  readonly alias?: string;
  /** Version. */
  readonly version: number | string;
  /** Names of its tasks and groups. */
  readonly members: readonly string[];
  /** Whether the group has an aggregate score: the mean over all documents. */
  readonly aggregate: boolean;
  /** Metrics to report, for which filters, and whether larger tasks weigh more; if omitted, all. */
  readonly measures?: readonly {
    readonly metric: string;
    readonly filters: readonly string[] | undefined;
    readonly bySize: boolean;
  }[];
  /** Tasks that only the group defines, or whose settings it overrides. */
  readonly own?: readonly Task[];
}
