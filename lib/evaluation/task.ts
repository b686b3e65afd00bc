import type { Document } from "./document.ts";

/** Where the documents of a task come from. */
export interface TaskData {
  /** Dataset on the hub, such as "allenai/ai2_arc". */
  readonly repository: string;
  /** Configuration of the dataset; the repository's only one where it is left out. */
  readonly configuration?: string;
  /** Files of splits on this machine, for tasks that bring their own. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
  /** Split that is scored. */
  readonly split: string;
  /** Split that examples are drawn from. */
  readonly exampleSplit: string;
  /**
   * Whether the harness draws from the split that it scores as far as it knows (it compares what the task
   * names, which may be nothing at all): then one more example is drawn, and the document itself is dropped.
   */
  readonly examplesMayRepeat?: boolean;
  /** Takes the first examples instead of drawing. */
  readonly firstExamples?: boolean;
}

/** What all tasks have. */
interface TaskFacts {
  /** Name, unique. */
  readonly name: string;
  /** Name in tables; the name itself where it is left out. */
  readonly alias?: string;
  /** Version, as lm-evaluation-harness numbers it: results of other versions cannot be compared. */
  readonly version: number;
  /** Documents. */
  readonly data: TaskData;
  /** Text before the examples. */
  readonly description?: string;
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
  /** Place of the right answer. */
  readonly right: number;
  /** How sample files tell it; its place where it is left out. */
  readonly target?: number | string;
}

/** A task of questions with several answers. */
export interface ChoiceTask extends TaskFacts {
  readonly kind: "choice";
  /** Whether accuracy by logarithm per character is told too. */
  readonly byLength: boolean;
  /** Question of a document. */
  ask(document: Document): ChoiceQuestion;
}

/** A task of texts whose end is to be foretold. */
export interface EndingTask extends TaskFacts {
  readonly kind: "ending";
  /** A text and its end, which brings its own space. */
  ask(document: Document): { readonly prompt: string; readonly ending: string };
}

/** A task of whole pages whose perplexity is told. */
export interface PageTask extends TaskFacts {
  readonly kind: "page";
  /** The page as the model sees it, and as its words and bytes are counted. */
  ask(document: Document): { readonly page: string; readonly original: string };
}

/** A task of token ids as they lie in a shard. */
export interface TokensTask extends TaskFacts {
  readonly kind: "tokens";
  /** Tokens of a sample: each but the first is foretold from those before it. */
  ask(document: Document): readonly number[];
}

/** A way to read an answer out of a generated text. */
export interface AnswerFilter {
  /** Name in result files. */
  readonly name: string;
  /** Answer, or "[invalid]". */
  extract(generated: string): string;
}

/** A task of questions that the model answers in writing. */
export interface WritingTask extends TaskFacts {
  readonly kind: "writing";
  /** Question and right answer. */
  ask(document: Document): { readonly prompt: string; readonly answer: string };
  /** Texts that end an answer. */
  readonly until: readonly string[];
  /** Longest answer, tokens. */
  readonly tokensMax: number;
  /** Ways to read the answer. */
  readonly filters: readonly AnswerFilter[];
  /** What is taken out of both answers before they are compared; case is ignored. */
  readonly ignored: readonly RegExp[];
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
  readonly version: number;
  /** Names of tasks and groups in it. */
  readonly members: readonly string[];
  /** Whether a score of the whole is told: the mean over all documents. */
  readonly aggregate: boolean;
}
