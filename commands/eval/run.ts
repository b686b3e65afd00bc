import { NotFiniteError } from "../../lib/tensor/not_finite_error.ts";
import { join } from "node:path";
import { checkFinite } from "../../lib/checkpoint/model_directory.ts";
import { CheckpointModel, NotANumberError } from "../../lib/evaluation/checkpoint_model.ts";
import { evaluate, type TaskFailure } from "../../lib/evaluation/evaluate.ts";
import { groupResults } from "../../lib/evaluation/group_result.ts";
import { resultTables } from "../../lib/evaluation/result_table.ts";
import { ResponseCache } from "../../lib/evaluation/response_cache.ts";
import type { Hub } from "../../lib/hub/hub.ts";
import { openHub } from "../hub/open_hub.ts";
import type { CommandDependencies } from "../command.ts";
import { describeError } from "../program/describe_error.ts";
import { EngineModel } from "../../lib/evaluation/model/engine_model.ts";
import { type OpenModel, openModel } from "../../lib/evaluation/model/open_model.ts";
import { findModel } from "../hub/find_model.ts";
import { chatFiles, modelSettings, refuseCode } from "./model_settings.ts";
import { type EvalOptions } from "./parse.ts";
import { EvalProgress } from "./progress.ts";
import { loadTasks } from "./load_tasks.ts";
import { prefetch } from "./prefetch.ts";
import type { LoadedTasks } from "../../lib/evaluation/load_documents.ts";
import { evalDocument, prepareOutput, writeResults } from "./results.ts";
import { hubUse } from "./hub_use.ts";
import { taskCatalog } from "../../lib/evaluation/task_catalog.ts";

/** Exit code when some tasks failed. */
const EXIT_PARTIAL = 3;
/** Version of everything that a cached answer depends on besides the model and the request. */
const ANSWERS_VERSION = 1;

/** Scores a checkpoint, lists the tasks, or prefetches documents. */
export async function runEval(
  options: EvalOptions,
  dependencies: CommandDependencies,
): Promise<number> {
  const { terminal } = dependencies;
  if (options.tasks.includes("list")) {
    terminal.out(await taskList(options));
    return 0;
  }
  const progress = new EvalProgress(terminal, options.quiet, dependencies.stopwatch);
  using _beat = dependencies.everySecond(() => progress.beat());
  const { online } = hubUse(options);
  const hub = await openHub(options.hub, online, dependencies, progress);
  try {
    if (options.prefetch !== undefined) {
      const tell = (line: string) => progress.line(line);
      const { signal } = dependencies;
      const { failures, written } = await prefetch(options, options.prefetch, hub, tell, signal);
      return tellFailures(failures, progress, written > 0);
    }
    return await scoreModel(options, dependencies, hub, progress);
  } finally {
    progress.clear();
  }
}

async function scoreModel(
  options: EvalOptions,
  dependencies: CommandDependencies,
  hub: Hub,
  progress: EvalProgress,
): Promise<number> {
  const startSeconds = dependencies.stopwatch();
  if (options.outputPath !== undefined) await prepareOutput(options.outputPath, options.model);
  const settings = modelSettings(options, dependencies.nowMs());
  const { model: name, revision } = options;
  const found = await findModel({ model: name, revision, files: chatFiles(options) }, hub);
  const model = { ...found, ...await openModel(found.directory, settings) };
  refuseCode(options, model.configJson);
  for (const warning of model.warnings) dependencies.terminal.error(`note    ${warning}\n`);
  progress.model(model);
  if (model.chat) progress.chat(model.chat);
  const { lengthMax } = model.encoder.options;
  const loaded = await loadTasks(options, hub, lengthMax, dependencies.signal);
  if (loaded.tasks.length === 0) return tellFailures(loaded.failures, progress, false);
  progress.tasks(loaded.tasks, options);
  const outcome = await answerAll(options, dependencies, model, loaded, progress);
  progress.clear();
  const failures = [...loaded.failures, ...outcome.failures];
  const groups = groupResults(loaded.groups, outcome.results);
  const facts = {
    options,
    model,
    nowMs: dependencies.nowMs(),
    seconds: dependencies.stopwatch() - startSeconds,
  };
  if (outcome.results.length > 0) {
    const document = evalDocument(facts, outcome.results, groups, failures);
    // Print before writing: a full disk must not lose the results.
    dependencies.terminal.out(
      options.json
        ? JSON.stringify(document, null, 2) + "\n"
        : resultTables(outcome.results, groups).join("\n\n") + "\n",
    );
    if (options.outputPath !== undefined) {
      for (const path of await writeResults(options.outputPath, facts, document, outcome.results)) {
        progress.line(`wrote   ${path}`);
      }
    }
  }
  return tellFailures(failures, progress, outcome.results.length > 0);
}

/** Reports failures and returns the exit code. */
function tellFailures(
  failures: readonly TaskFailure[],
  progress: EvalProgress,
  someDone: boolean,
): number {
  for (const { error, name } of failures) {
    const { hint, text } = describeError(error);
    progress.failure(name, text, hint);
  }
  if (failures.length === 0) return 0;
  return someDone ? EXIT_PARTIAL : describeError(failures[0].error).exitCode;
}

/** Evaluates the tasks; on NaN, reports the tensor that caused it. */
async function answerAll(
  options: EvalOptions,
  dependencies: CommandDependencies,
  model: OpenModel,
  loaded: LoadedTasks,
  progress: EvalProgress,
) {
  const settings = [ANSWERS_VERSION, options.device, model.encoder.options.lengthMax].join(" ");
  const key = ResponseCache.key(model.fingerprint, settings);
  const path = join(options.cacheDirectory, "answers", `${key}.jsonl`);
  const { layers } = model.config;
  const onEngine = new EngineModel(model, {
    openEngine: () => dependencies.openEngine(options.device, options.threads ?? 0),
    memoryBytes: dependencies.memoryBytes(),
    blocks: options.blocks,
    stopwatch: dependencies.stopwatch,
    onPlan: (plan, estimate) => progress.plan(plan, estimate, layers),
    onWriting: (texts) =>
      progress.writing(texts, options.blocks !== undefined && options.blocks < layers),
  });
  try {
    return await evaluate(
      loaded.tasks,
      new CheckpointModel({
        encoder: model.encoder,
        open: (plan) => onEngine.openScorer(plan),
        openGenerator: (texts) => onEngine.openGenerator(texts),
        writingRows: (tokens) => onEngine.writingRows(tokens),
        cache: new ResponseCache(
          options.cache ? path : undefined,
          (why) => progress.line(`note    answers of this run are not cached: ${why}`),
        ),
        batchTokens: options.batchTokens ?? 1024,
        share: options.pack,
        onEncoded: (done) => progress.done("encoded", done),
        onProgress: (done) => progress.done("scored", done),
        signal: dependencies.signal,
      }),
      {
        shots: options.numFewshot,
        limit: options.limit,
        samples: options.samples,
        answerTokensMax: options.maxGenToks,
        exampleSeed: options.seed ?? 1234,
        systemInstruction: options.systemInstruction,
        format: model.chat,
        bootstrapIterations: options.bootstrapIters ?? 1000,
        signal: dependencies.signal,
      },
    );
  } catch (cause) {
    const isNone = cause instanceof NotANumberError || cause instanceof NotFiniteError;
    if (isNone) await checkFinite(model.directory, options.override);
    throw cause;
  } finally {
    await onEngine.close();
  }
}

async function taskList(options: EvalOptions): Promise<string> {
  const { groups, tasks } = await taskCatalog(options.includePath);
  const rows = [
    ...tasks.map((
      { data, name },
    ) => [name, `${data.repository} ${data.configuration ?? ""}`.trim()]),
    ...groups.map(({ members, name }) => [name, `${members.length} tasks or groups`]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `${name.padEnd(width)}  ${what}\n`).join("");
}
