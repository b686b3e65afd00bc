import { createHash } from "node:crypto";
import type { LanguageModel, ModelAnswer, ModelRequest } from "../lib/evaluation/language_model.ts";
import { length } from "../lib/python/python_text.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** The mock model that lm-evaluation-harness generated the test vectors with. */
export const hashModel: LanguageModel = {
  answer: (groups) => Promise.resolve(groups.map((requests) => requests.map(answer))),
};

function answer(request: ModelRequest): ModelAnswer {
  if (request.kind === "pair") {
    const { context, continuation } = request;
    return {
      logProbability: score(`${context}\x1f${continuation}`, continuation),
      greedy: parseInt(digest(continuation)[0], 16) < 8,
    };
  }
  if (request.kind === "page") return score(request.page, request.page);
  if (request.kind === "tokens") return { logProbability: -1, greedy: false };
  const drawn = parseInt(digest(`${request.context}\x1fgen`).slice(0, 8), 16);
  if (drawn % 3 === 0) return `The answer is 4.\n#### ${drawn % 7}`;
  return drawn % 3 === 1 ? `I think 12 then $1,234.50 so ${drawn % 7}` : "no idea";
}

/** Returns a number that depends on the whole text and decreases with the scored length. */
function score(all: string, scored: string): number {
  const drawn = parseInt(digest(all).slice(0, 8), 16);
  return -(drawn % 1000) / 100 - 0.3 * length(scored);
}
