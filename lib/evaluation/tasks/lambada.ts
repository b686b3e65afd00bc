import { text } from "../documents/document.ts";
import type { EndingTask } from "../task.ts";

/** Prediction of a passage's last word, which only the whole passage determines. */
export const lambadaOpenai: EndingTask = {
  kind: "ending",
  name: "lambada_openai",
  version: 1,
  data: {
    repository: "EleutherAI/lambada_openai",
    configuration: "default",
    split: "test",
    exampleSplit: "test",
  },
  ask(document) {
    const words = text(document, "text").split(" ");
    const last = words.pop()!;
    return { prompt: words.join(" "), ending: ` ${last}` };
  },
};
