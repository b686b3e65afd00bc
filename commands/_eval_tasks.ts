import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { replaceFile } from "../lib/checkpoint/replace_file.ts";
import { Corpus } from "../lib/corpus/corpus.ts";
import { readShard, readTextFile } from "../lib/corpus/read_text_file.ts";
import { jsonLines } from "../lib/evaluation/columns/json_rows.ts";
import { pythonJson } from "../lib/evaluation/columns/python_json.ts";
import { type Document, DocumentError } from "../lib/evaluation/document.ts";
import type { LoadedTask, TaskFailure } from "../lib/evaluation/evaluate.ts";
import { includedTasks } from "../lib/evaluation/task_file/included_tasks.ts";
import { DOCUMENT_FORMATS, parseDocuments } from "../lib/evaluation/parse_documents.ts";
import { type Selection, selectTasks, type TaskCatalog } from "../lib/evaluation/select_tasks.ts";
import { type PageTask, shotsOf, type Task, type TokensTask } from "../lib/evaluation/task.ts";
import { GROUPS, SUITES, TASKS } from "../lib/evaluation/tasks.ts";
import { fetchSplit, fetchSplits } from "../lib/hub/fetch_split.ts";
import type { Hub } from "../lib/hub/hub.ts";
import { HubError } from "../lib/hub/hub_error.ts";
import { checkRunDefinition, parseRunDefinition } from "../lib/swarm/run_definition.ts";
import type { EvalOptions } from "./_eval_options.ts";
import { fitsStars } from "./_fits_stars.ts";
import { UsageError } from "./command.ts";

/** Tasks with their documents, and those whose documents could not be had. */
export interface LoadedTasks extends Pick<Selection, "groups"> {
  /** Tasks that can be asked. */
  readonly tasks: readonly LoadedTask[];
  /** Others. */
  readonly failures: readonly TaskFailure[];
}

/** Longest file of documents, bytes. */
const FILE_BYTES_MAX = 500_000_000;
/** Held-out samples of a run that are scored. */
const HELD_OUT_MAX = 2048;

/** All tasks that there are: built in, and the user's own, which come first. */
export async function taskCatalog({ includePath }: EvalOptions): Promise<TaskCatalog> {
  const own = includePath === undefined
    ? { tasks: [], groups: [], unusable: new Map() }
    : await includedTasks(includePath);
  const names = new Set(own.tasks.map(({ name }) => name));
  const builtIn = TASKS.filter(({ name }) => !names.has(name));
  const ownGroups = new Set(own.groups.map(({ name }) => name));
  const groups = [...own.groups, ...GROUPS.filter(({ name }) => !ownGroups.has(name))];
  return { tasks: [...own.tasks, ...builtIn], groups, unusable: own.unusable };
}

/**
 * Finds what was asked for, and its documents.
 *
 * @throws UsageError when nothing was asked for and MODEL is no run.
 */
export async function loadTasks(
  options: EvalOptions,
  hub: Hub,
  lengthMax: number,
  signal: AbortSignal,
): Promise<LoadedTasks> {
  const text = [...new Set(options.text)];
  const selection = selectTasks(namesOf(options), await taskCatalog(options));
  const tasks: LoadedTask[] = [];
  const failures: TaskFailure[] = [...selection.unusable]
    .map(([name, error]) => ({ name, error }));
  const load = async (name: string, body: () => Promise<LoadedTask>) => {
    try {
      tasks.push(await body());
    } catch (cause) {
      signal.throwIfAborted();
      failures.push({ name, error: cause as Error });
    }
  };
  for (const path of text) {
    const short = basename(path);
    const taken = text.filter((each) => basename(each) === short).length > 1 ||
      selection.tasks.some((task) => task.name === short);
    const name = taken ? path : short;
    await load(name, () => textTask(name, path, lengthMax));
  }
  if (selection.tasks.length === 0 && text.length === 0 && failures.length === 0) {
    tasks.push(await heldOutTask(options.model, lengthMax));
  }
  await fetchTogether(selection.tasks, options, hub, (task) => wantsExamples(task, options));
  for (const task of selection.tasks) {
    await load(task.name, async () => ({
      task,
      documents: await documentsOf(task, task.data.split, options, hub),
      pool: wantsExamples(task, options) && !task.data.samples
        ? await documentsOf(task, task.data.exampleSplit, options, hub)
        : [],
    }));
  }
  checkSamples(options, [
    ...tasks.map(({ task }) => task.name),
    ...failures.map(({ name }) => name),
  ]);
  return { groups: selection.groups, tasks, failures };
}

/** Documents that are chosen of a task that nobody asked for would change nothing. */
function checkSamples({ samples = {} }: EvalOptions, names: readonly string[]): void {
  const unknown = Object.keys(samples).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`--samples names ${unknown}, want one of ${names.slice(0, 20).join(", ")}`);
}

/**
 * Writes the documents of tasks where `--data-dir` will find them: those that are scored, and those that
 * examples are drawn from, where there are any.
 *
 * @returns Tasks whose documents could not be had, and how many files were written.
 */
export async function prefetch(
  options: EvalOptions,
  directory: string,
  hub: Hub,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<{ failures: TaskFailure[]; written: number }> {
  const { tasks, unusable } = selectTasks(namesOf(options), await taskCatalog(options));
  const failures: TaskFailure[] = [...unusable].map(([name, error]) => ({ name, error }));
  await fetchTogether(tasks, options, hub, () => true);
  let written = 0;
  for (const task of tasks) {
    const { data } = task;
    for (const split of new Set([data.split, data.exampleSplit])) {
      try {
        const rows = await documentsOf(task, split, options, hub);
        await mkdir(join(directory, task.name), { recursive: true });
        const path = join(directory, task.name, `${split}.jsonl`);
        await replaceFile(path, linesOf(task.name, rows));
        tell(`${path}  ${rows.length} documents`);
        written++;
      } catch (cause) {
        signal.throwIfAborted();
        const optional = split !== data.split && !wantsExamples(task, options);
        if (optional && cause instanceof HubError && cause.kind === "missing") continue;
        failures.push({ name: task.name, error: cause as Error });
        break;
      }
    }
  }
  return { failures, written };
}

/** Documents as lines of JSON that are read as the same documents. */
function linesOf(name: string, rows: readonly Document[]): string[] {
  const lines = rows.map((row) => pythonJson(row) + "\n");
  const again = rows.length === 0 ? [] : jsonLines(lines.join(""));
  const differs = again.findIndex((row, at) => pythonJson(row) + "\n" !== lines[at]);
  if (differs < 0) return lines;
  throw new DocumentError(
    `Cannot write the documents of ${name}: JSON does not carry what document ${differs} holds; copy its files instead`,
  );
}

function namesOf({ suite, tasks }: EvalOptions): string[] {
  return [...(suite ? SUITES[suite] : []), ...tasks];
}

function wantsExamples(task: Task, { numFewshot }: EvalOptions): boolean {
  return shotsOf(task, numFewshot) > 0 && task.kind !== "page" && task.kind !== "tokens";
}

/** Fetches what comes from the hub for all tasks at once, which takes less time than one by one. */
async function fetchTogether(
  tasks: readonly Task[],
  options: EvalOptions,
  hub: Hub,
  withExamples: (task: Task) => boolean,
): Promise<void> {
  if (options.dataDir !== undefined) return;
  const splits = tasks.filter(({ data }) => !data.files).flatMap((task) => {
    const { configuration, exampleSplit, repository: id, split } = task.data;
    const wanted = withExamples(task) ? [split, exampleSplit] : [split];
    return wanted.map((split) => ({ id, configuration, split }));
  });
  await fetchSplits(hub, splits);
}

async function documentsOf(
  task: Task,
  split: string,
  { dataDir }: EvalOptions,
  hub: Hub,
): Promise<Document[]> {
  const { configuration, files, repository } = task.data;
  let paths = files && await filesOf(task, Object.hasOwn(files, split) ? files[split] : []);
  if (paths?.length === 0) {
    throw new RangeError(`Cannot load ${task.name}: its data_files have no split ${split}`);
  }
  if (dataDir !== undefined && !paths) {
    const candidates = Object.keys(DOCUMENT_FORMATS)
      .map((end) => resolve(dataDir, task.name, `${split}.${end}`));
    const found = candidates.find((path) => existsSync(path));
    if (!found) {
      throw new RangeError(
        `Cannot load ${task.name}: there is no ${
          candidates[0]
        }, nor one that ends in .jsonl or .json`,
      );
    }
    paths = [found];
  }
  paths ??= await fetchSplit(hub, { id: repository, configuration, split });
  const builder = Object.hasOwn(BUILDERS, repository) ? BUILDERS[repository] : undefined;
  const parts: Document[][] = [];
  for (const path of paths) {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new RangeError(
        `Cannot load ${task.name}: ${path} has ${size} bytes, want at most ${FILE_BYTES_MAX}`,
      );
    }
    const bytes = new Uint8Array(await readFile(path));
    parts.push(await parseDocuments(path, bytes, builder, task.data.field));
  }
  return parts.flat();
}

/** Formats that task files name in place of a dataset. */
const BUILDERS: Readonly<Record<string, string>> = {
  json: "json",
  parquet: "parquet",
  text: "txt",
  csv: "csv",
};

/** Files of a split; names may hold stars. */
async function filesOf(task: Task, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!path.includes("*")) found.push(path);
    else {
      const names = (await readdir(dirname(path))).filter((name) => fitsStars(basename(path), name))
        .sort();
      found.push(...names.map((name) => join(dirname(path), name)));
    }
  }
  const missing = found.find((path) => !existsSync(path));
  if (missing === undefined) return found;
  throw new RangeError(`Cannot load ${task.name}: there is no ${missing}`);
}

/** A file as a task of its own: its perplexity. */
async function textTask(name: string, path: string, lengthMax: number): Promise<LoadedTask> {
  const content = await readTextFile(path);
  if (!Array.isArray(content)) return tokensTask(name, samplesOf(content, lengthMax));
  const task: PageTask = {
    kind: "page",
    name,
    version: 1,
    data: { repository: path, split: "test", exampleSplit: "test" },
    ask: ({ page }) => ({ page: String(page), original: String(page) }),
  };
  return { task, documents: content.map((page) => ({ page })), pool: [] };
}

/** What a run holds out, sample by sample as its own loss is measured. */
async function heldOutTask(model: string, lengthMax: number): Promise<LoadedTask> {
  const [definition, tokens] = ["run.yaml", "tokens.npy"].map((name) => join(model, name));
  if (!existsSync(definition) || !existsSync(tokens)) {
    throw new UsageError(`nothing to score ${model} on: want --tasks, --suite or --text`);
  }
  const text = await readFile(definition, "utf8");
  const { sequence } =
    checkRunDefinition(parseRunDefinition(text, definition), definition).training;
  const corpus = new Corpus(await readShard(tokens), sequence);
  const length = Math.min(sequence, lengthMax);
  return tokensTask(
    "held_out",
    corpus.heldOut(HELD_OUT_MAX).map((sample) =>
      Array.from(corpus.tokens.subarray(sample * sequence, sample * sequence + length + 1))
    ),
  );
}

function tokensTask(name: string, samples: number[][]): LoadedTask {
  const task: TokensTask = {
    kind: "tokens",
    name,
    version: 1,
    data: { repository: name, split: "test", exampleSplit: "test" },
    ask: ({ tokens }) => tokens as number[],
  };
  return { task, documents: samples.map((tokens) => ({ tokens })), pool: [] };
}

/** Samples of a shard; each begins with the last token of the one before, so that all but the first count once. */
function samplesOf(tokens: Uint32Array, lengthMax: number): number[][] {
  const samples: number[][] = [];
  for (let start = 0; start < tokens.length - 1; start += lengthMax) {
    samples.push(Array.from(tokens.subarray(start, start + lengthMax + 1)));
  }
  return samples;
}
