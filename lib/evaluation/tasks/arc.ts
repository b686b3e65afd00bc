import { placeOf, record, text, texts } from "../documents/document.ts";
import type { ChoiceTask } from "../task.ts";

const arc = (name: string, configuration: string): ChoiceTask => ({
  kind: "choice",
  name,
  version: 1,
  data: { repository: "allenai/ai2_arc", configuration, split: "test", exampleSplit: "train" },
  metrics: ["acc", "acc_norm"],
  ask(document) {
    const choices = record(document, "choices");
    return {
      prompt: `Question: ${text(document, "question")}\nAnswer:`,
      answers: texts(choices, "text"),
      right: placeOf(text(document, "answerKey"), texts(choices, "label"), "answerKey"),
    };
  },
});

/** AI2's grade-school science questions, easy set. */
export const arcEasy = arc("arc_easy", "ARC-Easy");
/** AI2's grade-school science questions that simple methods get wrong. */
export const arcChallenge = arc("arc_challenge", "ARC-Challenge");
