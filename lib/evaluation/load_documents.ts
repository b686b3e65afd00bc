import type { Selection } from "./select_tasks.ts";
import { fetchDocuments } from "./documents/fetch_documents.ts";
import { readDocuments } from "./documents/read_documents.ts";
import { Hub } from "../hub/hub.ts";
import { shotsOf, type Task } from "./task.ts";
import type { LoadedTask, TaskFailure } from "./evaluate.ts";
/** Tasks with their documents, and tasks whose documents could not be loaded. */
export interface LoadedTasks extends Pick<Selection, "groups"> {
  /** Tasks that can be evaluated. */
  readonly tasks: readonly LoadedTask[];
  /** Tasks that could not be loaded. */
  readonly failures: readonly TaskFailure[];
}

/** Options of document loading. */
export interface DocumentOptions {
  /** Directory of documents, for tasks without files of their own; if omitted, the hub. */
  readonly dataDir?: string | undefined;
  /** Few-shot examples per question; if omitted, the task's default. */
  readonly shots?: number | undefined;
  /** Aborts loading with its reason. */
  readonly signal: AbortSignal;
}

/** Reports whether a task's questions have few-shot examples, drawn from documents. */
export function wantsExamples(task: Task, shots: number | undefined): boolean {
  return shotsOf(task, shots) > 0 && task.kind !== "page" && task.kind !== "tokens";
}

/** Loads the documents of tasks. A task that fails to load does not affect the others. */
export async function loadDocuments(
  { groups, tasks: selected, unusable }: Selection,
  hub: Hub,
  { dataDir, shots, signal }: DocumentOptions,
): Promise<LoadedTasks> {
  const tasks: LoadedTask[] = [];
  const failures: TaskFailure[] = [...unusable].map(([name, error]) => ({ name, error }));
  if (dataDir === undefined) {
    await fetchDocuments(selected, hub, (task) => wantsExamples(task, shots));
  }
  for (const task of selected) {
    try {
      const documents = await readDocuments(task, task.data.split, dataDir, hub);
      const pool = wantsExamples(task, shots) && !task.data.samples
        ? await readDocuments(task, task.data.exampleSplit, dataDir, hub)
        : [];
      tasks.push({ task, documents, pool });
    } catch (cause) {
      signal.throwIfAborted();
      failures.push({ name: task.name, error: cause as Error });
    }
  }
  return { groups, tasks, failures };
}
