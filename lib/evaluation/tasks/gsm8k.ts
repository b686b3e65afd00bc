import { text } from "../document.ts";
import type { WritingTask } from "../task.ts";

const INVALID = "[invalid]";

/** Word problems of primary school, answered step by step. */
export const gsm8k: WritingTask = {
  kind: "writing",
  name: "gsm8k",
  version: 3,
  data: { repository: "openai/gsm8k", configuration: "main", split: "test", exampleSplit: "train" },
  shots: 5,
  ask: (document) => ({
    prompt: `Question: ${text(document, "question")}\nAnswer:`,
    answer: text(document, "answer"),
  }),
  until: ["Question:", "</s>", "<|im_end|>"],
  tokensMax: 256,
  filters: [
    {
      name: "strict-match",
      extract: (generated) => generated.match(/#### (-?[0-9.,]+)/)?.[1] ?? INVALID,
    },
    {
      name: "flexible-extract",
      extract: (generated) =>
        [...generated.matchAll(/(-?[$0-9.,]{2,})|(-?[0-9]+)/g)].at(-1)?.[0] ?? INVALID,
    },
  ],
  ignored: [/,/g, /\$/g, /[\s\S]*#### /g, /\.(?=\n?$)/g],
};
