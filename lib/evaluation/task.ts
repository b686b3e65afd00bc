import type { Document } from "./documents/document.ts";
import type { AnswerMatcher } from "./match_answers.ts";
import type { AnswerPipeline } from "./task_file/answer_filters.ts";

/** Where the documents of a task come from. */
export interface TaskData {
  /** Dataset on the hub, such as "allenai/ai2_arc". */
  readonly repository: string;
  /** Configuration of the dataset; the repository's only one where it is left out. */
  readonly configuration?: string;
  /** Files of splits on this machine, for tasks that bring their own. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** Key of a JSON file's object that holds its rows. */
  readonly field?: string;
  /** Split that is scored. */
  readonly split: string;
  /** Split that examples are drawn from. */
  readonly exampleSplit: string;
  /**
   * Whether the harness draws from the split that it scores as far as it knows (it compares what the task
   * names, which may be nothing at all): then one more example is drawn, and the document itself is dropped.
   */
  readonly examplesMayRepeat?: boolean;
  /** Documents to draw examples from, in place of a split. */
  readonly samples?: readonly Document[];
  /** Takes the first examples instead of drawing. */
  readonly firstExamples?: boolean;
}

/** What all tasks have. */
export interface TaskFacts {
  /** Name, unique. */
  readonly name: string;
  /** Name in tables; the name itself where it is left out. */
  readonly alias?: string;
  /** Version, as lm-evaluation-harness numbers it: results of other versions cannot be compared. */
  readonly version: number | string;
  /** Documents. */
  readonly data: TaskData;
  /** Text before the examples. */
  readonly description?: string;
  /** The same, where it depends on the document. */
  readonly describe?: (document: Document) => string;
  /** What stands between a question and its answer, and behind an example; a space and two line ends. */
  readonly gaps?: { readonly answer: string; readonly example: string };
  /** What the answer is made to begin with. */
  readonly answerPrefix?: (document: Document) => string;
  /** The task as its examples are written, where that differs. */
  readonly exampleTask?: Task;
  /** Examples in front of each question unless the user says otherwise. */
  readonly shots?: number;
  /** Changes or adds columns; what it returns is what sample files hold. */
  readonly prepare?: (document: Document) => Document;
}

/** A question with several answers; the likeliest counts. */
export interface ChoiceQuestion {
  /** Text before every answer, or one for each answer. */
  readonly prompt: string | readonly string[];
  /** Answers, or the one text that follows each of several prompts. */
  readonly answers: readonly string[];
  /** Place of the right answer, or of several. */
  readonly right: number | readonly number[];
  /** How sample files tell it; its place where it is left out. */
  readonly target?: number | string;
}

/** A task of questions with several answers. */
export interface ChoiceTask extends TaskFacts {
  readonly kind: "choice";
  /** Metrics that are told. */
  readonly metrics: readonly string[];
  /** Question of a document. */
  ask(document: Document): ChoiceQuestion;
}

/** A task of texts whose end is to be foretold. */
export interface EndingTask extends TaskFacts {
  readonly kind: "ending";
  /** Metrics that are told; both where it is left out. */
  readonly metrics?: readonly string[];
  /** A text and its end, which brings its own space. */
  ask(document: Document): { readonly prompt: string; readonly ending: string };
}

/** A task of rolling loglikelihoods: the perplexity of whole pages. */
export interface PageTask extends TaskFacts {
  readonly kind: "page";
  /** Metrics that are told; all three where it is left out. */
  readonly metrics?: readonly string[];
  /** The page as the model sees it, and as its words and bytes are counted. */
  ask(document: Document): { readonly page: string; readonly original: string };
}

/** A task of token ids as they lie in a shard. */
export interface TokensTask extends TaskFacts {
  readonly kind: "tokens";
  /** Tokens of a sample: each but the first is foretold from those before it. */
  ask(document: Document): readonly number[];
}

/** A task of questions that the model answers in writing. */
export interface WritingTask extends TaskFacts {
  readonly kind: "writing";
  /** Question and right answer; `answers` where there are several, `target` as sample files show it. */
  ask(document: Document): {
    readonly prompt: string;
    readonly answer: string;
    readonly answers?: readonly string[];
    readonly target?: string;
  };
  /** Texts that end an answer. */
  readonly until: readonly string[];
  /** Longest answer, tokens. */
  readonly tokensMax: number;
  /** Settings of the writing as sample files show them. */
  readonly generation?: Readonly<Record<string, unknown>>;
  /** How often each answer counts; they are all alike, since decoding is greedy. */
  readonly repeats?: number;
  /** Ways to read the answer. */
  readonly pipelines: readonly AnswerPipeline[];
  /** Whether what was read is right. */
  readonly matches: AnswerMatcher;
}

/** Something a model can be asked, with a score. */
export type Task = ChoiceTask | EndingTask | PageTask | TokensTask | WritingTask;

/** Examples that are shown of a task. One that says that it has none has none, whatever is asked for. */
export function shotsOf(task: Task, asked: number | undefined): number {
  return task.shots === 0 ? 0 : asked ?? task.shots ?? 0;
}

/** Tasks whose scores are told together. */
export interface TaskGroup {
  /** Name. */
  readonly name: string;
  /** Name in tables. */
  readonly alias?: string;
  /** Version. */
  readonly version: number | string;
  /** Names of tasks and groups in it. */
  readonly members: readonly string[];
  /** Whether the group has a score of its own: the mean over all documents. */
  readonly aggregate: boolean;
  /** Which scores, of which ways to read answers, and whether larger tasks weigh more; all where it is left out. */
  readonly measures?: readonly {
    readonly metric: string;
    readonly filters: readonly string[] | undefined;
    readonly bySize: boolean;
  }[];
  /** Tasks of the group that are not asked for by their own names, or are asked for in another way. */
  readonly own?: readonly Task[];
}
