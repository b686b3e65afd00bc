import { place, text } from "../documents/document.ts";
import type { ChoiceTask } from "../task.ts";

/** Physical common sense: which of two solutions reaches a goal. */
export const piqa: ChoiceTask = {
  kind: "choice",
  name: "piqa",
  version: 1,
  data: {
    repository: "baber/piqa",
    split: "validation",
    exampleSplit: "train",
    examplesMayRepeat: true,
  },
  metrics: ["acc", "acc_norm"],
  ask: (document) => ({
    prompt: `Question: ${text(document, "goal")}\nAnswer:`,
    answers: [text(document, "sol1"), text(document, "sol2")],
    right: place(document, "label", 2),
  }),
};
