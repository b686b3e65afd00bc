/** An error as users see it, and the exit code. */
export interface ErrorDescription {
  /** One sentence: action, value met, value wanted. */
  readonly text: string;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Exit code. */
  readonly exitCode: number;
}
