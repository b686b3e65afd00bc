import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { readShard } from "../../lib/corpus/read_text_file.ts";
import type { LoadedTask, TaskFailure } from "../../lib/evaluation/evaluate.ts";
import { selectTasks } from "../../lib/evaluation/select_tasks.ts";
import { SUITES } from "../../lib/evaluation/tasks.ts";
import type { Hub } from "../../lib/hub/hub.ts";
import { checkRunDefinition, parseRunDefinition } from "../../lib/swarm/run_definition.ts";
import type { EvalOptions } from "./parse.ts";
import { UsageError } from "../command.ts";
import { textTask } from "../../lib/evaluation/text_task.ts";
import { heldOutTask } from "../../lib/evaluation/held_out_task.ts";
import { taskCatalog } from "../../lib/evaluation/task_catalog.ts";
import { loadDocuments, type LoadedTasks } from "../../lib/evaluation/load_documents.ts";

/**
 * Loads the requested tasks with their documents.
 *
 * @throws UsageError when none is requested and MODEL is not a run.
 */
export async function loadTasks(
  options: EvalOptions,
  hub: Hub,
  lengthMax: number,
  signal: AbortSignal,
): Promise<LoadedTasks> {
  const { dataDir, includePath, numFewshot: shots } = options;
  const text = [...new Set(options.text)];
  const selection = selectTasks(namesOf(options), await taskCatalog(includePath));
  const tasks: LoadedTask[] = [];
  const unread: TaskFailure[] = [];
  for (const path of text) {
    const short = basename(path);
    const taken = text.filter((each) => basename(each) === short).length > 1 ||
      selection.tasks.some((task) => task.name === short);
    const name = taken ? path : short;
    try {
      tasks.push(await textTask(name, path, lengthMax));
    } catch (cause) {
      signal.throwIfAborted();
      unread.push({ name, error: cause as Error });
    }
  }
  const loaded = await loadDocuments(selection, hub, { dataDir, shots, signal });
  tasks.push(...loaded.tasks);
  // Unusable tasks come first, then texts, then documents: the first one's exit code is returned.
  const failures = loaded.failures.toSpliced(selection.unusable.size, 0, ...unread);
  if (tasks.length === 0 && failures.length === 0) {
    tasks.push(await heldOutOf(options.model, lengthMax));
  }
  checkSamples(options, [
    ...tasks.map(({ task }) => task.name),
    ...failures.map(({ name }) => name),
  ]);
  return { groups: selection.groups, tasks, failures };
}

/** Rejects samples of a task that was not requested, which would have no effect. */
function checkSamples({ samples = {} }: EvalOptions, names: readonly string[]): void {
  const unknown = Object.keys(samples).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`--samples names ${unknown}, want one of ${names.slice(0, 20).join(", ")}`);
}

/** Returns the names of all requested tasks and groups. */
export function namesOf({ suite, tasks }: EvalOptions): string[] {
  return [...(suite ? SUITES[suite] : []), ...tasks];
}

/** What a run holds out. */
async function heldOutOf(model: string, lengthMax: number): Promise<LoadedTask> {
  const [definition, tokens] = ["run.yaml", "tokens.npy"].map((name) => join(model, name));
  if (!existsSync(definition) || !existsSync(tokens)) {
    throw new UsageError(`nothing to score ${model} on: want --tasks, --suite or --text`);
  }
  const text = await readFile(definition, "utf8");
  const { training } = checkRunDefinition(parseRunDefinition(text, definition), definition);
  return heldOutTask(new Corpus(await readShard(tokens), training.sequence), lengthMax);
}
