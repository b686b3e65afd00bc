import { pythonJson } from "../python/python_json.ts";
import type { Sample, TaskResult } from "./evaluate.ts";
import type { ModelAnswer, ModelRequest } from "./language_model.ts";
import { formatFloat } from "../python/python_text.ts";
import type { Task } from "./task.ts";

/**
 * Returns the samples of a task, one JSON object per line, with the keys of lm-evaluation-harness.
 */
export function sampleLines({ samples, task }: TaskResult): string[] {
  return samples.map((sample) => pythonJson(sampleDocument(task, sample)));
}

function sampleDocument(task: Task, sample: Sample): Record<string, unknown> {
  const { answers, filter, hashes, question: { document, id, requests, target }, read, values } =
    sample;
  return {
    doc_id: id,
    doc: document,
    target: String(target),
    arguments: Object.fromEntries(
      requests.map((request, i) => [`gen_args_${i}`, argumentsOf(task, request)]),
    ),
    resps: answers.map((answer) =>
      new Array(task.kind === "writing" ? task.repeats ?? 1 : 1).fill(answerText(answer))
    ),
    filtered_resps: read.map(answerText),
    filter,
    metrics: Object.keys(values),
    doc_hash: hashes.document,
    prompt_hash: hashes.prompt,
    target_hash: hashes.target,
    ...values,
    ...(task.kind === "tokens" ? { tokens: document.tokens } : {}),
  };
}

function argumentsOf(task: Task, request: ModelRequest): Record<string, unknown> {
  switch (request.kind) {
    case "pair":
      return { arg_0: request.context, arg_1: request.continuation };
    case "page":
      return { arg_0: request.page };
    case "tokens":
      return { arg_0: request.tokens };
    case "writing":
      return {
        arg_0: request.context,
        arg_1: generationOf(task, request),
      };
  }
}

function answerText(answer: ModelAnswer | readonly string[]): string | readonly string[] {
  if (isList(answer)) return answer;
  if (typeof answer === "number") return formatFloat(answer);
  if (typeof answer === "string" || answer instanceof Error) return String(answer);
  return [formatFloat(answer.logProbability), answer.greedy ? "True" : "False"];
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function generationOf(task: Task, { tokensMax, until }: ModelRequest & { kind: "writing" }) {
  if (task.kind !== "writing") return {};
  const changed = task.tokensMax !== tokensMax ? { max_gen_toks: tokensMax } : {};
  const { generation = { until, do_sample: false, temperature: 0 } } = task;
  return { ...generation, ...changed };
}
