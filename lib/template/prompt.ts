/** A part of the text that a model is given, by who says it. */
export interface Turn {
  /** Who says it. */
  readonly role: "system" | "user" | "assistant";
  /** Its text. */
  readonly content: string;
  /** What stands behind it where turns are simply joined. */
  readonly gap: string;
}

/** How turns become a text. */
export interface PromptFormat {
  /** Stands before each answer to choose from, and is scored with it; the task's own where it is left out. */
  readonly choiceGap?: string;
  /** The text that a model is to go on with. */
  write(turns: readonly Turn[]): string;
}

/** Stands between a question and its answer, in examples too. */
export const ANSWER_GAP = " ";

/** Turns one behind the other: for models that go on with texts. */
export const PLAIN_PROMPT: PromptFormat = {
  write: (turns) => turns.map(({ content, gap }) => content + gap).join(""),
};
