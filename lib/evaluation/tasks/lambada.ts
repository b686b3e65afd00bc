import { DocumentError, text } from "../document.ts";
import type { EndingTask } from "../task.ts";

/** The last word of passages that only their whole gives away. */
export const lambadaOpenai: EndingTask = {
  kind: "ending",
  name: "lambada_openai",
  version: 1,
  data: {
    repository: "EleutherAI/lambada_openai",
    configuration: "default",
    split: "test",
    exampleSplit: "test",
    examplesMayRepeat: true,
  },
  ask(document) {
    const words = text(document, "text").split(" ");
    const last = words.pop()!;
    if (last === "") throw new DocumentError("text ends in a space, want a word");
    return { prompt: words.join(" "), ending: ` ${last}` };
  },
};
