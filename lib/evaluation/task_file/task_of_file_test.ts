import assert from "node:assert/strict";
import { DocumentError } from "../documents/document.ts";
import type { ChoiceTask, EndingTask, PageTask, WritingTask } from "../task.ts";
import { parseTaskYaml } from "./read_task_yaml.ts";
import { TaskFileError } from "./task_file_error.ts";
import { taskOfFile } from "./task_of_file.ts";

const CHOICE = `
task: own
dataset_path: json
dataset_kwargs: {data_files: {test: data/own.jsonl, train: [a.jsonl, /b.jsonl]}}
output_type: multiple_choice
training_split: train
test_split: test
doc_to_text: "Q: {{question|trim}}\\nA:"
doc_to_target: "{{answer}}"
doc_to_choice: "{{choices}}"
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}, {metric: acc_norm}]
metadata: {version: 2.0}
`;
const read = (path: string, text: string) => taskOfFile(path, parseTaskYaml(path, text));

Deno.test("taskOfFile builds a task from templates and columns", () => {
  const task = read("/tasks/own.yaml", CHOICE) as ChoiceTask;
  assert.deepEqual([task.name, task.metrics], ["own", ["acc", "acc_norm"]]);
  assert.deepEqual(task.data, {
    repository: "json",
    files: { test: ["/tasks/data/own.jsonl"], train: ["/tasks/a.jsonl", "/b.jsonl"] },
    split: "test",
    exampleSplit: "train",
    examplesMayRepeat: false,
    firstExamples: false,
  });
  const document = { question: " why? ", choices: ["so", 'it\'s "x"'], answer: 1 };
  const question = { prompt: "Q: why?\nA:", answers: ["so", 'it\'s "x"'], right: 1, target: "1" };
  assert.deepEqual(task.ask(document), question);
  const named = { ...question, right: 0, target: "so" };
  assert.deepEqual(task.ask({ ...document, answer: "so" }), named);
  assert.throws(() => task.ask({ question: "", answer: 1 }), DocumentError);
  const byColumn = CHOICE.replace('"{{choices}}"', "choices").replace('"{{answer}}"', "answer");
  assert.deepEqual((read("x.yaml", byColumn) as ChoiceTask).ask(document), question);
});

Deno.test("taskOfFile builds loglikelihood and loglikelihood_rolling tasks", () => {
  const common = "task: t\ndataset_path: d\nvalidation_split: validation\ndoc_to_target: page\n";
  const page = read(
    "t.yaml",
    `${common}output_type: loglikelihood_rolling\ndoc_to_text: ""`,
  ) as PageTask;
  assert.deepEqual(page.ask({ page: "p" }), { page: "p", original: "p" });
  const ending = read(
    "t.yaml",
    `${common}output_type: loglikelihood\ndoc_to_text: "{{page.split(' ')[0]}}"`,
  ) as EndingTask;
  assert.deepEqual(ending.ask({ page: "a b" }), { prompt: "a", ending: "a b" });
});

Deno.test("taskOfFile names the file and the key that is wrong or unsupported", () => {
  const before = (line: string): [string, string] => ["metadata:", `${line}\nmetadata:`];
  const cases: [from: string, to: string, message: RegExp][] = [
    ["task: own\n", "", /Cannot read task own\.yaml: task is missing/],
    ["multiple_choice", "guess", /output_type is "guess", want/],
    [...before("doc_to_txt: x"), /doc_to_txt is not a known key/],
    ['doc_to_choice: "{{choices}}"\n', "", /doc_to_choice is missing/],
    ["test_split: test", "", /test_split and validation_split are missing/],
    ["{{question|trim}}", "{{question", /doc_to_text is not a template/],
    ["metric: acc,", "metric: f1,", /metric f1 of multiple_choice is not supported, want acc/],
    ["metric: acc,", "metric: accuracy,", /metric accuracy of multiple_choice is not supported/],
    ["aggregation: mean", "aggregation: median", /aggregation median of acc is not supported/],
    ["task: own", "task: ../own", /task is "\.\.\/own"/],
    [...before("process_docs: !function utils.process"), /process_docs.*function/],
    [...before("process_results: !function utils.process"), /process_results.*function/],
    [...before("doc_to_image: picture"), /doc_to_image is not supported: images/],
    [...before("use_prompt: promptsource"), /use_prompt is not supported/],
    [...before("repeats: 2"), /repeats of multiple_choice is not supported/],
    ["dataset_kwargs: {", "dataset_kwargs: {sep: ';', ", /dataset_kwargs\.sep is not a known key/],
  ];
  for (const [from, to, message] of cases.filter(([, to]) => !to.startsWith("{split"))) {
    assert.throws(() => read("own.yaml", CHOICE.replace(from, to)), (error: Error) => {
      assert.ok(error instanceof TaskFileError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("taskOfFile refuses settings that would change a written answer", () => {
  const writing = (settings: string) =>
    read(
      "w.yaml",
      `task: w\ndataset_path: d\ntest_split: t\ndoc_to_text: q\ndoc_to_target: a\n${settings}`,
    );
  const cases: [settings: string, message: RegExp][] = [
    ["generation_kwargs: {do_sample: true}", /sampling, which is not supported/],
    ["generation_kwargs: {temperature: 0.7}", /sampling/],
    ["generation_kwargs: {num_beams: 4}", /num_beams, which is not supported/],
    ["generation_kwargs: {max_gen_toks: 0}", /the length 0/],
    ["filter_list: [{name: x, filter: [{function: eval}]}]", /eval/],
    [
      "filter_list: [{name: x, filter: [{function: regex, regex_pattern: '(a+)+$'}]}]",
      /the time that the pattern .* takes is not bounded/,
    ],
    ["metric_list: [{metric: bleu}]", /metric bleu of generate_until is not supported/],
  ];
  for (const [settings, message] of cases) assert.throws(() => writing(settings), message);
});

Deno.test("parseTaskYaml reads YAML 1.1, and refuses values with another meaning here", () => {
  assert.deepEqual(parseTaskYaml("x.yaml", "a: yes\nb: 010\nc: 1e3\nd: 1_000\ne: off"), {
    a: true,
    b: 8,
    c: "1e3",
    d: 1000,
    e: false,
  });
  assert.throws(() => parseTaskYaml("x.yaml", "a: {2: b, 1: a}"), /the key 1 is a number/);
  assert.throws(() => parseTaskYaml("x.yaml", "a: 2024-01-02"), /it has a Date, want texts/);
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`);
  assert.throws(
    () => parseTaskYaml("x.yaml", ["a0: &a0 x", ...bomb].join("\n")),
    /more than 100000 values/,
  );
});

Deno.test("unknown arguments of filters and metrics are refused", () => {
  const base = "task: w\ndataset_path: d\ntest_split: t\ndoc_to_text: q\ndoc_to_target: a\n";
  for (
    const line of [
      "filter_list: [{name: x, filter: [{function: regex, regex_patern: x}]}]",
      "filter_list: [{name: x, filter: [{function: take_first, k: 1}]}]",
      "filter_list: [{name: x, filter: [{function: take_first_k}]}]",
      "metric_list: [{metric: exact_match, ignore_pucntuation: true}]",
      "generation_kwargs: {temperature: {toString: 1}}",
      "dataset_kwargs: {data_dir: sub}",
    ]
  ) assert.throws(() => read("w.yaml", base + line), TaskFileError, line);
});

Deno.test("a column that is not text is refused as a prompt", () => {
  const task = read(
    "w.yaml",
    "task: w\ndataset_path: d\ntest_split: t\ndoc_to_text: q\ndoc_to_target: a\n",
  ) as WritingTask;
  assert.throws(() => task.ask({ q: null, a: "y" }), /doc_to_text gives None, want a text/);
  assert.throws(() => task.ask({ q: [1], a: "y" }), /doc_to_text gives \[1\], want a text/);
});
