import { DocumentError, placeOf, text } from "../documents/document.ts";
import { strip } from "../../python/python_text.ts";
import type { ChoiceTask } from "../task.ts";

/** Which of two names a sentence refers to: the rest of the sentence is scored after each. */
export const winogrande: ChoiceTask = {
  kind: "choice",
  name: "winogrande",
  version: 1,
  data: {
    repository: "allenai/winogrande",
    configuration: "winogrande_xl",
    split: "validation",
    exampleSplit: "train",
    examplesMayRepeat: true,
  },
  metrics: ["acc"],
  ask(document) {
    const sentence = text(document, "sentence");
    const blank = sentence.indexOf("_");
    if (blank < 0) throw new DocumentError(`sentence is ${JSON.stringify(sentence)}, want a "_"`);
    const before = sentence.slice(0, blank);
    return {
      prompt: [before + text(document, "option1"), before + text(document, "option2")],
      answers: [strip(sentence.slice(blank + 1))],
      right: placeOf(text(document, "answer"), ["1", "2"], "answer"),
    };
  },
};
