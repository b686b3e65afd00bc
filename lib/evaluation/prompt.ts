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
  /** Stands between a question and each of its answers, and is scored with them. */
  readonly answerGap: string;
  /** The text that a model is to go on with. */
  write(turns: readonly Turn[]): string;
}

/** Turns one behind the other: for models that go on with texts. */
export const PLAIN_PROMPT: PromptFormat = {
  answerGap: " ",
  write: (turns) => turns.map(({ content, gap }) => content + gap).join(""),
};
