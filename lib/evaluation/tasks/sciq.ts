import { text } from "../documents/document.ts";
import { stripLeft } from "../../python/python_text.ts";
import type { ChoiceTask } from "../task.ts";

/** Science exam questions with a supporting passage. */
export const sciq: ChoiceTask = {
  kind: "choice",
  name: "sciq",
  version: 1,
  data: { repository: "allenai/sciq", split: "test", exampleSplit: "train" },
  metrics: ["acc", "acc_norm"],
  ask: (document) => ({
    prompt: `${stripLeft(text(document, "support"))}\nQuestion: ${
      text(document, "question")
    }\nAnswer:`,
    answers: ["distractor1", "distractor2", "distractor3", "correct_answer"]
      .map((column) => text(document, column)),
    right: 3,
  }),
};
