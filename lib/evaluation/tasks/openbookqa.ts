import { placeOf, record, text, texts } from "../documents/document.ts";
import { stripLeft } from "../../python/python_text.ts";
import type { ChoiceTask } from "../task.ts";

/** Elementary science questions, without the open book. */
export const openbookqa: ChoiceTask = {
  kind: "choice",
  name: "openbookqa",
  version: 1,
  data: {
    repository: "allenai/openbookqa",
    configuration: "main",
    split: "test",
    exampleSplit: "train",
  },
  metrics: ["acc", "acc_norm"],
  ask(document) {
    const choices = record(document, "choices");
    return {
      prompt: text(document, "question_stem"),
      answers: texts(choices, "text"),
      right: placeOf(stripLeft(text(document, "answerKey")), texts(choices, "label"), "answerKey"),
    };
  },
};
