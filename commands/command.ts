import type { Engine } from "../lib/engine/engine.ts";
import type { Terminal } from "../lib/terminal/terminal.ts";
import type { DeviceName } from "../lib/engine/devices.ts";

/** A directory tree that a command walks. */
export interface Tree {
  /** Path. */
  readonly directory: string;
  /** Levels of subdirectories that are walked; 0 for direct entries only. */
  readonly depth: number;
  /** Names of the files that are read; if omitted, all files, including hidden ones. */
  readonly files?: RegExp;
}

/** An output that an option makes a command write. */
export interface Output {
  /** Option, as typed. */
  readonly option: string;
  /** Path. */
  readonly path: string;
  /** Kind of output. */
  readonly kind: "file" | "directory";
}

/** Exactly the permissions that a command's worker gets. */
export interface Scope {
  /** Paths to read. */
  readonly read: string[];
  /** Paths to write. */
  readonly write: string[];
  /** Directories whose links may not lead outside `read` and `write`. */
  readonly trees: readonly Tree[];
  /** Outputs given by options, checked before the command begins. */
  readonly outputs: readonly Output[];
  /** Hosts to connect to; "*" for all. */
  readonly net: string[];
  /** Operating system information to query. */
  readonly sys: ("systemMemoryInfo")[];
  /** Whether the engine worker is started, which loads native code. */
  readonly engine: boolean;
}

/** A command's interface to its environment. */
export interface CommandDependencies {
  /** Streams of the process. */
  readonly terminal: Terminal;
  /** Command line of the program up to the verb, as typed, for hints that can be run verbatim. */
  readonly program: string;
  /** Opens the engine, at most once; 0 threads lets the runtime choose. */
  readonly openEngine: (device: DeviceName | "auto", threads: number) => Promise<Engine>;
  /** Time, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Calls a function about every second until disposed. */
  readonly everySecond: (beat: () => void) => Disposable;
  /** Monotonic time, seconds. */
  readonly stopwatch: () => number;
  /** Available memory, bytes. */
  readonly memoryBytes: () => number;
  /** Aborted by Ctrl-C, with an `InterruptedError`. */
  readonly signal: AbortSignal;
}

/** A command of the program. */
export interface Command<Options> {
  /** Parses arguments and `COVEY_*` variables; performs no I/O. */
  parse(args: string[], environment: Record<string, string>): Options;
  /** Returns what a run with these options may access. */
  scope(options: Options): Scope;
  /** Runs the command; returns the exit code. */
  run(options: Options, dependencies: CommandDependencies): Promise<number>;
}

/** Invalid arguments. Requested help text is thrown the same way, with exit code 0. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /**
   * @param message Text to show.
   * @param exitCode 2, or 0 when the text was requested.
   */
  constructor(message: string, readonly exitCode: 0 | 2 = 2) {
    super(message);
  }
}

/** An interruption by the user. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Something that does not exist yet, but will. */
export class NotYetError extends Error {
  override readonly name = "NotYetError";
}

/** A request that cannot be fulfilled, with a hint. */
export class RefusedRequestError extends Error {
  override readonly name = "RefusedRequestError";

  /** @param hint Suggested remedy. */
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}
