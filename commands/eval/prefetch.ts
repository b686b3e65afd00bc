import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { namesOf } from "./load_tasks.ts";
import { fetchDocuments } from "../../lib/evaluation/documents/fetch_documents.ts";
import { taskCatalog } from "../../lib/evaluation/task_catalog.ts";
import { readDocuments } from "../../lib/evaluation/documents/read_documents.ts";
import { Hub } from "../../lib/hub/hub.ts";
import type { TaskFailure } from "../../lib/evaluation/evaluate.ts";
import { replaceFile } from "../../lib/file/replace_file.ts";
import { documentLines } from "../../lib/evaluation/documents/document_lines.ts";
import { wantsExamples } from "../../lib/evaluation/load_documents.ts";
import { selectTasks } from "../../lib/evaluation/select_tasks.ts";
import { HubError } from "../../lib/hub/hub_error.ts";
import type { EvalOptions } from "./parse.ts";
/**
 * Writes the documents of tasks to where `--data-dir` finds them: those that are scored and those that
 * few-shot examples are drawn from, if any.
 *
 * @returns Tasks whose documents are unavailable, and the number of files written.
 */
export async function prefetch(
  options: EvalOptions,
  directory: string,
  hub: Hub,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<{ failures: TaskFailure[]; written: number }> {
  const { tasks, unusable } = selectTasks(namesOf(options), await taskCatalog(options.includePath));
  const failures: TaskFailure[] = [...unusable].map(([name, error]) => ({ name, error }));
  if (options.dataDir === undefined) await fetchDocuments(tasks, hub, () => true);
  let written = 0;
  for (const task of tasks) {
    const { data } = task;
    for (const split of new Set([data.split, data.exampleSplit])) {
      try {
        const rows = await readDocuments(task, split, options.dataDir, hub);
        await mkdir(join(directory, task.name), { recursive: true });
        const path = join(directory, task.name, `${split}.jsonl`);
        await replaceFile(path, documentLines(task.name, rows));
        tell(`${path}  ${rows.length} documents`);
        written++;
      } catch (cause) {
        signal.throwIfAborted();
        const optional = split !== data.split && !wantsExamples(task, options.numFewshot);
        if (optional && cause instanceof HubError && cause.kind === "missing") continue;
        failures.push({ name: task.name, error: cause as Error });
        break;
      }
    }
  }
  return { failures, written };
}
