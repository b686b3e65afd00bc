import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fixture } from "../../fixtures/fixture.ts";
import { hashModel } from "../../testing/language_model.ts";
import { ChatTemplate } from "../template/chat_template.ts";
import type { Document } from "./documents/document.ts";
import { evaluate, type EvaluationOptions, type TaskResult } from "./evaluate.ts";
import { groupResults } from "./group_result.ts";
import type { LanguageModel, ModelRequest } from "./language_model.ts";
import { parseDocuments } from "./documents/parse_documents.ts";
import { resultDocument } from "./result_document.ts";
import { resultTables } from "./result_table.ts";
import { sampleLines } from "./sample_lines.ts";
import type { Task, TaskGroup } from "./task.ts";
import { TASKS } from "./tasks.ts";

const read = (name: string) => Deno.readTextFileSync(fixture(name));
const OPTIONS: EvaluationOptions = {
  shots: 0,
  limit: undefined,
  exampleSeed: 1234,
  systemInstruction: undefined,
  bootstrapIterations: 1000,
};

const taskNamed = (name: string): Task => TASKS.find((task) => task.name === name)!;

async function documentsOf(folder: string, task: Task, split: string): Promise<Document[]> {
  const name = `${split}.jsonl`;
  const path = fixture(`${folder}/${task.name}/${name}`);
  try {
    return await parseDocuments(name, await Deno.readFile(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}

async function run(
  folder: string,
  name: string,
  options: EvaluationOptions,
  model: LanguageModel = hashModel,
): Promise<TaskResult> {
  const task = taskNamed(name);
  const documents = await documentsOf(folder, task, task.data.split);
  const pool = await documentsOf(folder, task, task.data.exampleSplit);
  const { failures, results } = await evaluate([{ task, documents, pool }], model, options);
  if (failures.length > 0) throw failures[0].error;
  return results[0];
}

function argumentsOf(request: ModelRequest): string[] {
  if (request.kind === "pair") return [request.context, request.continuation];
  return [request.kind === "page" ? request.page : (request as { context: string }).context];
}

function numbersOf(result: TaskResult): Record<string, unknown> {
  const { results } = resultDocument([result], [], { config: {}, more: {} }) as {
    results: Record<string, Record<string, unknown>>;
  };
  return Object.fromEntries(
    Object.entries(results[result.task.name]).filter(([key]) => key.includes(",")),
  );
}

Deno.test("evaluate reproduces the recorded results, requests and hashes of the harness", async () => {
  const expected = JSON.parse(read("lm_eval/expected.json"));
  for (const key of Object.keys(expected)) {
    const [name, shots] = key.split("@");
    const result = await run("lm_eval", name, { ...OPTIONS, shots: Number(shots) });
    const recorded = expected[key];
    const own = Object.entries(recorded.results[name]).filter(([each]) => each.includes(","));
    assert.deepEqual(numbersOf(result), Object.fromEntries(own), key);
    assert.equal(result.samples.length, recorded.samples.length);
    result.samples.forEach((sample, i) => {
      const line = recorded.samples[i];
      assert.deepEqual(sample.question.requests.map(argumentsOf), line.arguments);
      assert.equal(String(sample.question.target), String(line.target));
      assert.equal(sample.hashes.document, line.doc_hash);
      assert.equal(sample.hashes.prompt, line.prompt_hash);
      assert.equal(sample.hashes.target, line.target_hash);
      for (const metric of line.metrics) assert.deepEqual(sample.values[metric], line[metric]);
    });
  }
});

interface Recorded {
  results: Record<string, number | string>;
  samples: [number, string, string, string, unknown[], string][];
  task_hash: string | null;
}

const HARNESS = JSON.parse(read("harness/expected.json")) as {
  tasks: Record<string, Recorded>;
  groups: Record<string, { groups: Record<string, Record<string, unknown>>; table: string }>;
};

/** Chat template of the recorded runs. */
const CHAT =
  "{% for turn in messages %}<|{{ turn.role }}|>\n{{ turn.content }}<|end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|assistant|>\n{% endif %}";

/** Returns the options of a recorded run from its name, such as `arc_easy@3+limit5`. */
function optionsOf(key: string): EvaluationOptions {
  const [shots, ...rest] = key.split("@")[1].split("+");
  const value = (name: string) => rest.find((each) => each.startsWith(name))?.slice(name.length);
  const limit = value("limit");
  const system = key.startsWith("mmlu")
    ? "You are a careful examiner.\n"
    : "You are a careful examiner.";
  const format = /\+chat_(multi|single)$/.exec(key)?.[1];
  return {
    ...OPTIONS,
    ...(format === undefined ? {} : {
      format: new ChatTemplate(CHAT, { tokens: {}, multiturn: format === "multi", nowMs: 0 }),
    }),
    shots: shots === "default" ? undefined : Number(shots),
    samples: rest.includes("samples") ? { arc_easy: [9, 2, 5, 2] } : undefined,
    limit: limit === undefined ? undefined : Number(limit),
    exampleSeed: Number(value("seed") ?? 1234),
    systemInstruction: rest.includes("system") || key.startsWith("arc_easy@2+chat")
      ? system
      : undefined,
    bootstrapIterations: Number(value("bootstrap") ?? 1000),
  };
}

Deno.test("evaluate agrees with the harness on every task, with examples, limits and seeds", async () => {
  const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  for (const [key, recorded] of Object.entries(HARNESS.tasks)) {
    const [name] = key.split("@");
    const result = await run("harness/documents", name, optionsOf(key));
    assert.deepEqual(numbersOf(result), recorded.results, key);
    const samples = result.samples.map(({ filter, hashes, question, values }) => [
      question.id,
      short(JSON.stringify(question.requests.map(argumentsOf))),
      [...String(question.target)].slice(0, 40).join(""),
      hashes.document.slice(0, 16),
      Object.values(values),
      filter,
    ]);
    assert.deepEqual(samples, recorded.samples, key);
    const document = resultDocument([result], [], { config: {}, more: {} });
    if (recorded.task_hash) {
      assert.equal((document.task_hashes as Record<string, string>)[name], recorded.task_hash, key);
    }
  }
});

Deno.test("groups are pooled and printed as in the harness", async () => {
  const fields: Record<string, string[]> = {
    mini_stem: ["mmlu_abstract_algebra", "mmlu_anatomy"],
    mini_other: ["mmlu_virology"],
    mini_social_sciences: ["mmlu_sociology"],
    mini_humanities: ["mmlu_formal_logic", "mmlu_high_school_us_history"],
  };
  const groups: TaskGroup[] = [
    { name: "mini", version: 2, members: Object.keys(fields), aggregate: true },
    ...Object.entries(fields).map(([name, members]) => ({
      name,
      alias: name.slice("mini_".length).replaceAll("_", " "),
      version: 2,
      members,
      aggregate: true,
    })),
  ];
  for (const [key, recorded] of Object.entries(HARNESS.groups)) {
    const options = optionsOf(key);
    const results: TaskResult[] = [];
    for (const name of Object.values(fields).flat()) {
      results.push(await run("harness/documents", name, options));
    }
    const found = groupResults(groups, results);
    const document = resultDocument(results, found, { config: {}, more: {} });
    for (const [name, numbers] of Object.entries(recorded.groups)) {
      const own = (document.groups as Record<string, Record<string, unknown>>)[name];
      for (const [each, value] of Object.entries(numbers)) {
        if (typeof value !== "number") assert.deepEqual(own[each], value, `${key} ${name} ${each}`);
        // The harness sums in a different order.
        else assert.ok(Math.abs(Number(own[each]) - value) < 1e-15, `${key} ${name} ${each}`);
      }
    }
    // The harness omits the direction of the outermost group; covey prints it.
    const strip = (table: string) =>
      table.replaceAll(/ +/g, " ").replaceAll("↑", " ").replaceAll(/ +/g, " ");
    assert.equal(strip(resultTables(results, found)[0]), strip(recorded.table.trim()), key);
  }
});

Deno.test("a missing document fails its task", async () => {
  const chosen = { ...OPTIONS, samples: { arc_easy: [3, 99] } };
  await assert.rejects(
    () => run("harness/documents", "arc_easy", chosen),
    /Cannot ask document 99 of arc_easy: split test has 14/,
  );
});

Deno.test("a failing task is reported, and the others keep their results", async () => {
  const task = taskNamed("arc_easy");
  const documents = await documentsOf("lm_eval", task, "test");
  const broken = documents.map((row, i) => i === 3 ? { ...row, question: undefined } : row);
  const { failures, results } = await evaluate(
    [
      { task, documents, pool: [] },
      { task: { ...task, name: "broken" }, documents: broken, pool: [] },
      { task: { ...task, name: "empty" }, documents: [], pool: [] },
    ],
    hashModel,
    OPTIONS,
  );
  assert.deepEqual(results.map((each) => each.task.name), ["arc_easy"]);
  assert.deepEqual(failures.map(({ error, name }) => [name, error.message]), [
    ["broken", "Cannot ask document 3 of broken, split test: question is missing, want text"],
    ["empty", "Cannot evaluate empty: split test is empty"],
  ]);
});

Deno.test("samples have the harness's keys and Python's number format", async () => {
  const result = await run("lm_eval", "arc_easy", { ...OPTIONS, limit: 1 });
  const [line] = sampleLines(result).map((text) => JSON.parse(text));
  assert.deepEqual(Object.keys(line), [
    "doc_id",
    "doc",
    "target",
    "arguments",
    "resps",
    "filtered_resps",
    "filter",
    "metrics",
    "doc_hash",
    "prompt_hash",
    "target_hash",
    "acc",
    "acc_norm",
  ]);
  assert.deepEqual(line.resps[2], [["-7.2700000000000005", "False"]]);
  assert.deepEqual(line.filtered_resps[0], ["-7.27", "True"]);
  assert.deepEqual(line.arguments.gen_args_0.arg_1, " cat dog");
});
