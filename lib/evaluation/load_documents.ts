import type { Selection } from "./select_tasks.ts";
import { fetchDocuments } from "./documents/fetch_documents.ts";
import { readDocuments } from "./documents/read_documents.ts";
import { Hub } from "../hub/hub.ts";
import { shotsOf, type Task } from "./task.ts";
import type { LoadedTask, TaskFailure } from "./evaluate.ts";
/** Tasks with their documents, and those whose documents could not be had. */
export interface LoadedTasks extends Pick<Selection, "groups"> {
  /** Tasks that can be asked. */
  readonly tasks: readonly LoadedTask[];
  /** Others. */
  readonly failures: readonly TaskFailure[];
}

/** Where documents come from, and how many examples are wanted of them. */
export interface DocumentOptions {
  /** Directory of documents, for tasks without files of their own; the hub when left out. */
  readonly dataDir?: string | undefined;
  /** Examples before each question; the task's own number when left out. */
  readonly shots?: number | undefined;
  /** Ends the loading with its reason. */
  readonly signal: AbortSignal;
}

/** Whether a task's questions have examples before them, drawn from documents. */
export function wantsExamples(task: Task, shots: number | undefined): boolean {
  return shotsOf(task, shots) > 0 && task.kind !== "page" && task.kind !== "tokens";
}

/** Loads the documents of tasks. One whose documents cannot be had leaves the others. */
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
