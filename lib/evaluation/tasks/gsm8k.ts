import { text } from "../documents/document.ts";
import { answerMatcher } from "../match_answers.ts";
import type { WritingTask } from "../task.ts";
import { answerPipelines } from "../task_file/answer_filters.ts";

const FIRST = { function: "take_first" };
const regex = (given: Record<string, unknown>) => ({ function: "regex", ...given });

/** Grade-school math word problems, answered step by step. */
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
  pipelines: answerPipelines("gsm8k", [
    { name: "strict-match", filter: [regex({ regex_pattern: "#### (\\-?[0-9\\.\\,]+)" }), FIRST] },
    {
      name: "flexible-extract",
      filter: [
        regex({ group_select: -1, regex_pattern: "(-?[$0-9.,]{2,})|(-?[0-9]+)" }),
        FIRST,
      ],
    },
  ]),
  matches: answerMatcher({
    ignore_case: true,
    regexes_to_ignore: [",", "\\$", "(?s).*#### ", "\\.$"],
  }),
};
