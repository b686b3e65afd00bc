/** The keys of a file, and where it lies. */
export interface TaskSource {
  readonly path: string;
  readonly keys: Readonly<Record<string, unknown>>;
}
