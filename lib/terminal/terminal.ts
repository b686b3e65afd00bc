/**
 * Output streams of a command. Data goes to `out`, messages and progress to `error`; only a screen gets
 * escape sequences, and those only move the cursor: nothing is coloured, with or without `NO_COLOR`.
 */
export interface Terminal {
  /** Writes data. */
  out(text: string): void;
  /** Writes messages and progress. */
  error(text: string): void;
  /** Whether messages go to a screen that can be redrawn. */
  readonly live: boolean;
  /** Columns of the screen. */
  readonly columns: number;
}

/** Properties that determine how a terminal is used. */
export interface TerminalFacts {
  /** Whether the standard error stream is a screen. */
  readonly isTerminal: boolean;
  /** Value of `TERM`. */
  readonly term: string | undefined;
}

/** Returns the terminal of the process's own streams. */
export function processTerminal({ isTerminal, term }: TerminalFacts): Terminal {
  const live = isTerminal && term !== "dumb";
  const write = (stream: { writeSync(bytes: Uint8Array): number }) => (text: string) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  };
  return {
    out: write(Deno.stdout),
    error: write(Deno.stderr),
    live,
    columns: live ? screenColumns() : 100,
  };
}

function screenColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}
