import { place, text, texts } from "../documents/document.ts";
import { capitalize, strip } from "../../python/python_text.ts";
import type { ChoiceTask } from "../task.ts";

/** Continuations of everyday scenes: four endings, one of them human-written. */
export const hellaswag: ChoiceTask = {
  kind: "choice",
  name: "hellaswag",
  version: 1,
  data: {
    repository: "Rowan/hellaswag",
    split: "validation",
    exampleSplit: "train",
    examplesMayRepeat: true,
  },
  metrics: ["acc", "acc_norm"],
  prepare(document) {
    const context = `${text(document, "ctx_a")} ${capitalize(text(document, "ctx_b"))}`;
    const choices = texts(document, "endings").map(clean);
    return {
      ...document,
      query: clean(`${text(document, "activity_label")}: ${context}`),
      choices,
      gold: place(document, "label", choices.length),
    };
  },
  ask(document) {
    const answers = texts(document, "choices");
    return {
      prompt: text(document, "query"),
      answers,
      right: place(document, "gold", answers.length),
    };
  },
};

/** Removes markup of the articles that the scenes were taken from. */
function clean(text: string): string {
  return strip(text).replaceAll(" [title]", ". ").replace(/\[.*?\]/g, "").replaceAll("  ", " ");
}
