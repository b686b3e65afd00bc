import { place, text } from "../documents/document.ts";
import type { ChoiceTask } from "../task.ts";

/** Yes/no questions about a passage. */
export const boolq: ChoiceTask = {
  kind: "choice",
  name: "boolq",
  version: 2,
  data: {
    repository: "aps/super_glue",
    configuration: "boolq",
    split: "validation",
    exampleSplit: "train",
    examplesMayRepeat: true,
  },
  metrics: ["acc"],
  ask: (document) => ({
    prompt: `${text(document, "passage")}\nQuestion: ${text(document, "question")}?\nAnswer:`,
    answers: ["no", "yes"],
    right: place(document, "label", 2),
  }),
};
