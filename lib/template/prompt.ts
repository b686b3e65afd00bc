/** A part of a prompt, by one speaker. */
export interface Turn {
  /** Role of the speaker. */
  readonly role: "system" | "user" | "assistant";
  /** Its text. */
  readonly content: string;
  /** Separator after it, where turns are simply joined. */
  readonly gap: string;
}

/** Format of a prompt made of turns. */
export interface PromptFormat {
  /** Prefix of each answer choice, scored with it; that of the task if omitted. */
  readonly choiceGap?: string;
  /** Formats turns as the text that a model continues. */
  write(turns: readonly Turn[]): string;
}

/** Separator of a question and its answer, in few-shot examples too. */
export const ANSWER_GAP = " ";

/** Concatenation of turns, for models that continue plain text. */
export const PLAIN_PROMPT: PromptFormat = {
  write: (turns) => turns.map(({ content, gap }) => content + gap).join(""),
};
