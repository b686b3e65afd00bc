import type { Engine } from "../lib/engine/engine.ts";
import type { Terminal } from "../lib/terminal/terminal.ts";
import type { DeviceName } from "../lib/engine/devices.ts";

/** A directory that a command walks into. */
export interface Tree {
  /** Path. */
  readonly directory: string;
  /** Levels of directories below it that are walked; 0 for its own entries alone. */
  readonly depth: number;
  /** Names of the files that are read; all files, hidden ones too, where it is left out. */
  readonly files?: RegExp;
}

/** Something that an option makes a command write. */
export interface Output {
  /** Option, as it is typed. */
  readonly option: string;
  /** Path. */
  readonly path: string;
  /** What will be there. */
  readonly kind: "file" | "directory";
}

/** What a command may reach: the permissions that its worker gets, and no more. */
export interface Scope {
  /** Paths to read. */
  readonly read: string[];
  /** Paths to write. */
  readonly write: string[];
  /** Directories inside which no link may lead out of `read` and `write`. */
  readonly trees: readonly Tree[];
  /** What options tell it to write, checked before it begins. */
  readonly outputs: readonly Output[];
  /** Hosts to connect to; "*" is all. */
  readonly net: string[];
  /** Facts of the operating system to ask for. */
  readonly sys: ("systemMemoryInfo")[];
  /** Whether the engine worker is started, which loads native code. */
  readonly engine: boolean;
}

/** What a command reaches the world through. */
export interface CommandDependencies {
  /** Streams of the process. */
  readonly terminal: Terminal;
  /** What was typed to run the program, up to the verb, for hints that can be typed again. */
  readonly program: string;
  /** Opens the engine, at most once; 0 threads lets the runtime choose. */
  readonly openEngine: (device: DeviceName | "auto", threads: number) => Promise<Engine>;
  /** Time, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Calls something about every second until it is disposed of. */
  readonly everySecond: (beat: () => void) => Disposable;
  /** Seconds that only ever grow. */
  readonly stopwatch: () => number;
  /** Bytes of memory that can be had. */
  readonly memoryBytes: () => number;
  /** Aborted by Ctrl-C, with an `InterruptedError`. */
  readonly signal: AbortSignal;
}

/** One verb of the program. */
export interface Command<Options> {
  /** Reads arguments and `COVEY_*` variables; no input or output. */
  parse(args: string[], environment: Record<string, string>): Options;
  /** What a run with these options may reach. */
  scope(options: Options): Scope;
  /** Does the work; gives the exit code. */
  run(options: Options, dependencies: CommandDependencies): Promise<number>;
}

/** Arguments that make no sense. `help` text asked for comes the same way, with exit code 0. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /**
   * @param message Text to show.
   * @param exitCode 2, or 0 when the text was asked for.
   */
  constructor(message: string, readonly exitCode: 0 | 2 = 2) {
    super(message);
  }
}

/** The user has asked to stop. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Something that is not there yet, and will be. */
export class NotYetError extends Error {
  override readonly name = "NotYetError";
}

/** A request that cannot be met, with advice. */
export class RefusedRequestError extends Error {
  override readonly name = "RefusedRequestError";

  /** @param hint What to do about it. */
  constructor(message: string, readonly hint: string) {
    super(message);
  }
}
