import type { Terminal } from "../../lib/terminal/terminal.ts";
import { UsageError } from "../command.ts";
import { describeError } from "./describe_error.ts";

/** Prints an error as text and hint, or the requested help. Returns the exit code. */
export function tellError(terminal: Terminal, error: unknown): number {
  const { exitCode, hint, text } = describeError(error);
  if (exitCode === 0) terminal.out(text + "\n");
  else if (error instanceof UsageError && text.includes("\n")) terminal.error(text + "\n");
  else terminal.error(`error: ${text}\n${hint ? `hint: ${hint}\n` : ""}`);
  return exitCode;
}
