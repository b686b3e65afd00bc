/** Keys and path of a task file. */
export interface TaskSource {
  readonly path: string;
  readonly keys: Readonly<Record<string, unknown>>;
}
