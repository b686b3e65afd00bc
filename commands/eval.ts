import { dirname, join, resolve } from "node:path";
import { checkFinite } from "../lib/checkpoint/model_directory.ts";
import { CheckpointModel, NotANumberError } from "../lib/evaluation/checkpoint_model.ts";
import { evaluate, type TaskFailure } from "../lib/evaluation/evaluate.ts";
import { groupResults } from "../lib/evaluation/group_result.ts";
import { resultTables } from "../lib/evaluation/result_table.ts";
import { ResponseCache } from "../lib/evaluation/response_cache.ts";
import type { Hub } from "../lib/hub/hub.ts";
import { NotFiniteError } from "../lib/llama/trainer.ts";
import { hubScope } from "./_hub_scope.ts";
import { openHub } from "./_open_hub.ts";
import type { Command, CommandDependencies, Scope } from "./command.ts";
import { modelTree, outputTree, repositoryOf, resultTree, taskTree } from "./_trees.ts";
import { describeError } from "./describe_error.ts";
import { type EvalModel, localModel, openEvalModel } from "./_eval_model.ts";
import { type EvalOptions, parseEvalOptions } from "./_eval_options.ts";
import { EvalProgress } from "./_eval_progress.ts";
import { openableModel } from "./_openable_model.ts";
import { type LoadedTasks, loadTasks, prefetch, taskCatalog } from "./_eval_tasks.ts";
import { evalDocument, folderOf, prepareOutput, writeResults } from "./_eval_results.ts";

/** Exit code when some tasks failed. */
const EXIT_PARTIAL = 3;
/** Version of what a cached answer depends on besides the model and the request. */
const ANSWERS_VERSION = 1;

/** `covey eval`: scores a checkpoint. */
export const evaluateCommand: Command<EvalOptions> = {
  parse: parseEvalOptions,
  scope: evalScope,
  run: runEval,
};

/** Paths to read and write, and hosts only where something is to come from them. */
function evalScope(options: EvalOptions): Scope {
  const {
    cacheDirectory,
    dataDir,
    hub,
    includePath,
    model,
    outputPath,
    prefetch,
    text,
    tokenizer,
  } = options;
  const local = localModel(model);
  const { fromHub, online } = hubUse(options);
  const given = [dataDir, includePath, tokenizer, ...text].filter((path) => path !== undefined);
  const output = [outputPath, prefetch].filter((path) => path !== undefined)
    .map((path) => resolve(path.endsWith(".json") ? dirname(path) : path));
  const cache = options.cache ? [join(cacheDirectory, "answers")] : [];
  const remote = hubScope(hub);
  return {
    read: [
      resolve(model),
      ...(local ? [repositoryOf(local)] : []),
      ...given.map((path) => resolve(path)),
      ...output,
      ...cache,
      ...(fromHub ? remote.paths : []),
    ],
    write: [...output, ...cache, ...(online ? [hub.cacheDirectory] : [])],
    trees: [
      ...(local ? [modelTree(model)] : []),
      ...[dataDir, includePath].flatMap((path) => (path === undefined ? [] : [taskTree(path)])),
      ...(tokenizer === undefined ? [] : [modelTree(tokenizer)]),
      ...(outputPath === undefined ? [] : [resultTree(folderOf(outputPath, model), 0)]),
      ...(prefetch === undefined ? [] : [resultTree(prefetch, 1)]),
      ...[...cache, ...(fromHub ? [hub.cacheDirectory] : [])].map(outputTree),
    ],
    outputs: [
      ...(outputPath === undefined ? [] : [{
        option: "--output-path",
        path: folderOf(outputPath, model),
        kind: "directory" as const,
      }]),
      ...(prefetch === undefined
        ? []
        : [{ option: "--prefetch", path: prefetch, kind: "directory" as const }]),
    ],
    net: online ? remote.hosts : [],
    sys: ["systemMemoryInfo"],
    engine: prefetch === undefined && !options.tasks.includes("list"),
  };
}

/** Whether anything comes from the hub, and from the network. */
function hubUse({ dataDir, hub, model, offline, suite, tasks }: EvalOptions) {
  const needsDocuments = suite !== undefined || tasks.some((name) => name !== "list");
  const fromHub = !localModel(model) || (dataDir === undefined && needsDocuments);
  return { fromHub, online: fromHub && !offline && !hub.offline };
}

async function runEval(options: EvalOptions, dependencies: CommandDependencies): Promise<number> {
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
  const model = await openEvalModel(options, hub, dependencies.nowMs());
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
    // First what needs no disk: a full one must not cost the results.
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

/** Tells what failed, and gives the exit code. */
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

/** Asks the model, and says which tensor is to blame when it answers with something that is no number. */
async function answerAll(
  options: EvalOptions,
  dependencies: CommandDependencies,
  model: EvalModel,
  loaded: LoadedTasks,
  progress: EvalProgress,
) {
  const settings = [ANSWERS_VERSION, options.device, model.encoder.options.lengthMax].join(" ");
  const key = ResponseCache.key(model.fingerprint, settings);
  const path = join(options.cacheDirectory, "answers", `${key}.jsonl`);
  const opened = openableModel(options, dependencies, model, progress);
  try {
    return await evaluate(
      loaded.tasks,
      new CheckpointModel({
        encoder: model.encoder,
        open: opened.open,
        openWriter: opened.openWriter,
        writingRows: opened.writingRows,
        cache: new ResponseCache(
          options.cache ? path : undefined,
          (why) => progress.line(`note    answers of this run are not kept: ${why}`),
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
    await opened.close();
  }
}

async function taskList(options: EvalOptions): Promise<string> {
  const { groups, tasks } = await taskCatalog(options);
  const rows = [
    ...tasks.map((
      { data, name },
    ) => [name, `${data.repository} ${data.configuration ?? ""}`.trim()]),
    ...groups.map(({ members, name }) => [name, `${members.length} tasks or groups`]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `${name.padEnd(width)}  ${what}\n`).join("");
}
