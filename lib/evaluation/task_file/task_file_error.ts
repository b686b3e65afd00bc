/** A task file that cannot be used. */
export class TaskFileError extends Error {
  override readonly name = "TaskFileError";
}
