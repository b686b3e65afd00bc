import assert from "node:assert/strict";
import { DocumentError } from "./document.ts";
import { parseTaskFile, TaskFileError } from "./parse_task_file.ts";
import type { ChoiceTask, EndingTask, PageTask } from "./task.ts";

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

Deno.test("parseTaskFile makes a task of templates and columns", () => {
  const task = parseTaskFile("/tasks/own.yaml", CHOICE) as ChoiceTask;
  assert.deepEqual([task.name, task.version, task.byLength], ["own", 2, true]);
  assert.deepEqual(task.data, {
    repository: "json",
    files: { test: ["/tasks/data/own.jsonl"], train: ["/tasks/a.jsonl", "/b.jsonl"] },
    split: "test",
    exampleSplit: "train",
    examplesMayRepeat: false,
    firstExamples: false,
  });
  const document = { question: " why? ", choices: ["so", 'it\'s "x"'], answer: 1 };
  const question = { prompt: "Q: why?\nA:", answers: ["so", 'it\'s "x"'], right: 1 };
  assert.deepEqual(task.ask(document), { ...question, target: 1 });
  const named = { ...question, right: 0, target: "so" };
  assert.deepEqual(task.ask({ ...document, answer: "so" }), named);
  assert.throws(() => task.ask({ ...document, answer: 2 }), DocumentError);
  assert.throws(() => task.ask({ question: "", answer: 1 }), DocumentError);
  const byColumn = CHOICE.replace('"{{choices}}"', "choices").replace('"{{answer}}"', "answer");
  assert.deepEqual((parseTaskFile("x.yaml", byColumn) as ChoiceTask).ask(document), {
    ...question,
    target: 1,
  });
});

Deno.test("parseTaskFile makes tasks of endings and of pages", () => {
  const common = "task: t\ndataset_path: d\nvalidation_split: validation\ndoc_to_target: page\n";
  const page = parseTaskFile("t.yaml", `${common}output_type: loglikelihood_rolling`) as PageTask;
  assert.deepEqual(page.ask({ page: "p" }), { page: "p", original: "p" });
  const ending = parseTaskFile(
    "t.yaml",
    `${common}output_type: loglikelihood\ndoc_to_text: "{{page.split(' ')[0]}}"`,
  ) as EndingTask;
  assert.deepEqual(ending.ask({ page: "a b" }), { prompt: "a", ending: "a b" });
  assert.equal(ending.data.examplesMayRepeat, true, "neither split is named");
});

Deno.test("parseTaskFile names the file and the key that is wrong", () => {
  const cases: [from: string | RegExp, to: string, message: RegExp][] = [
    ["task: own\n", "", /Cannot read task own\.yaml: task is undefined, want "task"/],
    ["multiple_choice", "generate_until", /output_type is "generate_until", want/],
    ["metadata:", "doc_to_txt: x\nmetadata:", /doc_to_txt is "doc_to_txt", want never/],
    [
      "metadata:",
      'description: "about {{x}}"\nmetadata:',
      /description is .* want plain text|description/,
    ],
    ['doc_to_choice: "{{choices}}"\n', "", /doc_to_choice is missing/],
    ["test_split: test", "", /test_split and validation_split are missing/],
    ["{{question|trim}}", "{{question", /doc_to_text is no template/],
    ["metric: acc,", "metric: bleu,", /metric_list\.0\.metric is "bleu"/],
    ["task: own", "task: ../own", /task is "\.\.\/own"/],
    ["metadata: {version: 2.0}", "process_docs: !function utils.process", /unknown scalar tag/],
  ];
  for (const [from, to, message] of cases) {
    assert.throws(() => parseTaskFile("own.yaml", CHOICE.replace(from, to)), (error: Error) => {
      assert.ok(error instanceof TaskFileError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
