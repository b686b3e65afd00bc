/** User-facing description of an error, with the exit code. */
export interface ErrorDescription {
  /** One sentence: action, actual value, expected value. */
  readonly text: string;
  /** Suggested remedy. */
  readonly hint: string | undefined;
  /** Exit code. */
  readonly exitCode: number;
}
