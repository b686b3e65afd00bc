import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fixture } from "../../../fixtures/fixture.ts";
import { evaluate } from "../evaluate.ts";
import { groupResults } from "../group_result.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "../language_model.ts";
import { resultDocument } from "../result_document.ts";
import { sampleLines } from "../sample_lines.ts";
import { Hub } from "../../hub/hub.ts";
import { selectTasks } from "../select_tasks.ts";
import { loadDocuments } from "../load_documents.ts";
import { taskCatalog } from "../task_catalog.ts";

type Sample = [
  target: string,
  filtered: unknown,
  filter: string,
  values: Record<string, unknown>,
  document: string,
  prompt: string,
  targetHash: string,
  generation?: unknown,
];
/** A recorded run of lm-evaluation-harness with task files, see `fixtures/README.md`. */
interface Run {
  readonly tasks: string[];
  readonly options: { num_fewshot?: number; limit?: number; system_instruction?: string };
  /** Answers of its model by request hash. */
  readonly answers: Record<string, string | [string, string]>;
  readonly samples: Record<string, Sample[]>;
  readonly results: Record<string, Record<string, unknown>>;
  readonly versions: Record<string, unknown>;
  readonly shots: Record<string, number>;
}

const RUNS = JSON.parse(Deno.readTextFileSync(fixture("task_files/expected.json"))) as Record<
  string,
  Run
>;
const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

function keyOf(request: ModelRequest): string {
  switch (request.kind) {
    case "pair":
      return short(JSON.stringify([request.context, request.continuation]));
    case "writing":
      return short(JSON.stringify([request.context, "gen"]));
    case "page":
      return short(JSON.stringify([request.page, null]));
    case "tokens":
      throw new TypeError("no task file asks for tokens");
  }
}

/** Returns a model that replays the recorded answers and fails on any other request. */
function recorded(answers: Run["answers"]): LanguageModel {
  const answer = (request: ModelRequest): ModelAnswer => {
    const found = answers[keyOf(request)];
    assert.ok(found !== undefined, `the harness did not ask ${JSON.stringify(request)}`);
    if (request.kind === "writing") return found as string;
    if (request.kind === "page") return Number(found);
    return { logProbability: Number(found[0]), greedy: found[1] === "True" };
  };
  return { answer: (groups) => Promise.resolve(groups.map((group) => group.map(answer))) };
}

function near(got: unknown, want: unknown): boolean {
  return typeof got === "number" && typeof want === "number"
    ? Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want))
    : JSON.stringify(got) === JSON.stringify(want);
}

for (const [name, run] of Object.entries(RUNS)) {
  Deno.test(`task files of ${name} evaluate as in lm-evaluation-harness`, async () => {
    const hub = new Hub({
      connection: undefined,
      cacheDirectory: "none",
      onProgress: () => {},
      onNote: () => {},
    });
    const selection = selectTasks(run.tasks, await taskCatalog(fixture("task_files")));
    const { signal } = new AbortController();
    const loaded = await loadDocuments(selection, hub, { shots: run.options.num_fewshot, signal });
    assert.deepEqual(loaded.failures, []);
    const { failures, results } = await evaluate(loaded.tasks, recorded(run.answers), {
      shots: run.options.num_fewshot,
      limit: run.options.limit,
      exampleSeed: 1234,
      systemInstruction: run.options.system_instruction,
      bootstrapIterations: 1000,
    });
    assert.deepEqual(failures, []);
    const pooled = groupResults(loaded.groups, results);
    const document = resultDocument(results, pooled, { config: {}, more: {} }) as unknown as Record<
      "results" | "versions" | "n-shot",
      Record<string, Record<string, unknown>>
    >;
    for (const [task, numbers] of Object.entries(run.results)) {
      for (const [key, value] of Object.entries(numbers)) {
        if (!key.includes(",") && key !== "sample_len" && key !== "sample_count") continue;
        const got = document.results[task]?.[key];
        assert.ok(near(got, value), `${task} ${key}: ${JSON.stringify(got)}, want ${value}`);
      }
    }
    for (const result of results) checkSamples(sampleLines(result), run.samples[result.task.name]);
    for (const [task, shots] of Object.entries(run.shots)) {
      if (document.results[task]) assert.equal(document["n-shot"][task], shots, task);
    }
  });
}

function checkSamples(lines: readonly string[], expected: readonly Sample[]): void {
  assert.equal(lines.length, expected.length);
  lines.forEach((line, i) => {
    const got = JSON.parse(line.replaceAll(":NaN", ":null"));
    const [target, filtered, filter, values, document, prompt, targetHash, generation] =
      expected[i];
    assert.deepEqual([got.target, got.filtered_resps, got.filter], [target, filtered, filter]);
    assert.deepEqual(
      [got.doc_hash, got.prompt_hash, got.target_hash].map((hash) => hash.slice(0, 12)),
      [document, prompt, targetHash],
    );
    if (generation) assert.deepEqual(got.arguments.gen_args_0.arg_1, generation);
    for (const [key, value] of Object.entries(values)) {
      assert.ok(near(got[key], value), `${key}: ${got[key]}, want ${value}`);
    }
  });
}
