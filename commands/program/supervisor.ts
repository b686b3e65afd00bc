import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { realTarget, refuseOutsideLinks } from "./check_links.ts";
import { checkOutputs } from "./check_outputs.ts";
import { SystemClock } from "../../lib/clock/system_clock.ts";
import { type EngineWorker, startEngineWorker } from "../../lib/engine/start_engine_worker.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { processTerminal, type Terminal } from "../../lib/terminal/terminal.ts";
import { COMMANDS } from "../commands.ts";
import { VERSION } from "./version.ts";
import type { WorkerRequest, WorkerResult } from "./command_worker.ts";
import { InterruptedError, type Scope, UsageError } from "../command.ts";
import { tellError } from "./tell_error.ts";
import { DEVICE_NAMES, type DeviceName, DEVICES } from "../../lib/engine/devices.ts";

/** Grace period for a command to stop. */
const GRACE_MS = 5000;
/** Interval within which repeated signals count as one. */
const SAME_SIGNAL_MS = 1000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const KINDS = ["net", "ffi", "write", "run", "env", "sys", "read"] as const;

/**
 * Runs the process's main thread: parses arguments, starts the workers with the permissions of their jobs,
 * drops its own, and waits. It computes nothing, so Ctrl-C is always handled.
 *
 * @param entry The program's entry module, which is also that of its workers.
 * @returns The exit code.
 */
export async function supervise(args: string[], entry: URL): Promise<number> {
  const environment = Deno.env.toObject();
  // Without HOME, caches would go to the working directory; the system knows the home directory.
  environment.HOME ??= homedir();
  const terminalFacts = {
    isTerminal: Deno.stderr.isTerminal(),
    term: environment.TERM,
  };
  const terminal = processTerminal(terminalFacts);
  const program = invocation(environment, entry);
  enterUsersDirectory(environment, entry);
  try {
    const [name, ...rest] = helpLast(args);
    if (name === undefined || /^(--help|-h|help)$/.test(name)) {
      throw new UsageError(overview(), name === undefined ? 2 : 0);
    }
    if (name === "--version" || name === "-V") throw new UsageError(`covey ${VERSION}`, 0);
    const entryOf = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!entryOf) throw new UsageError(unknownCommand(name));
    const command = await entryOf.load();
    const explain = rest.includes("--explain-permissions");
    const options = command.parse(
      rest.filter((arg) => arg !== "--explain-permissions"),
      environment,
    );
    const scope = command.scope(options);
    if (explain) {
      terminal.out(explainScope(scope, entry));
      return 0;
    }
    refuseOutsideLinks(scope);
    checkOutputs(scope.outputs);
    const request = { name, options, program, terminalFacts, devices: devicesToTry(environment) };
    return await runInWorkers(request, scope, entry, terminal);
  } catch (error) {
    return tellError(terminal, error);
  }
}

/** Rewrites `help train` as `train --help`. */
function helpLast(args: string[]): string[] {
  const [first, verb] = args;
  return first === "help" && verb !== undefined ? [verb, "--help"] : args;
}

/**
 * Changes to the directory that a task was called from. Deno runs tasks in the directory of `deno.json` and
 * sets `INIT_CWD` to the caller's; paths on the command line are relative to the latter.
 */
function enterUsersDirectory(environment: Record<string, string>, entry: URL): void {
  const { INIT_CWD: called } = environment;
  if (isTask(environment, entry) && existsSync(called)) Deno.chdir(called);
}

function isTask({ INIT_CWD }: Record<string, string>, entry: URL): boolean {
  return Boolean(INIT_CWD) && resolve(Deno.cwd()) === resolve(programRoot(entry));
}

/** Returns the command line of the program up to the verb, as typed. */
function invocation(environment: Record<string, string>, entry: URL): string {
  if (!/^deno(\.exe)?$/.test(basename(Deno.execPath()))) return "covey";
  if (!isTask(environment, entry)) return `deno run -A ${fileURLToPath(entry)}`;
  const deno = environment.npm_execpath ? `npx -y deno@${Deno.version.deno}` : "deno";
  return `${deno} task covey`;
}

/** Linux paths of GPU driver manifests and tools. */
const GPU_SIGNS = ["/usr/bin/nvidia-smi", "/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d"];

/**
 * Returns the devices that `auto` benchmarks. On Linux without any sign of a GPU driver that is only the CPU:
 * without a driver, the native libraries merely print errors to the terminal.
 */
function devicesToTry(environment: Record<string, string>): DeviceName[] {
  const named = environment.VK_ICD_FILENAMES ?? environment.VK_DRIVER_FILES;
  const there = Deno.build.os !== "linux" || named !== undefined ||
    GPU_SIGNS.some((path) => existsSync(path));
  return DEVICE_NAMES.filter((name) => there || DEVICES[name].requirement === undefined);
}

async function runInWorkers(
  request: Omit<WorkerRequest, "engine">,
  scope: Scope,
  entry: URL,
  terminal: Terminal,
): Promise<number> {
  // Otherwise the runtime's native library would send usage data to its vendor.
  Deno.env.set("ORT_DISABLE_TELEMETRY", "1");
  // The Vulkan loader warns when this is unset, but does not need it here.
  if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  const engine = scope.engine ? await startEngineWorker(entry, libraryFolder(entry)) : undefined;
  const worker = new Worker(entry, {
    type: "module",
    name: "command",
    deno: {
      permissions: {
        read: [...withRealPaths(scope.read), programRoot(entry)],
        write: withRealPaths(scope.write),
        net: scope.net.includes("*") ? true : scope.net.length > 0 ? scope.net : false,
        sys: scope.sys,
        env: false,
        ffi: false,
        run: false,
        import: false,
      },
    },
  });
  const result = Promise.withResolvers<number>();
  worker.onmessage = ({ data }: MessageEvent<WorkerResult>) => {
    if (data !== "ready") {
      const { exitCode, failure } = data as { exitCode?: number; failure?: string };
      return result.resolve(exitCode ?? tellError(terminal, new Error(failure)));
    }
    worker.postMessage({ ...request, engine: engine?.port }, engine ? [engine.port] : []);
    dropPermissions();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    result.resolve(tellError(terminal, new Error(event.message)));
  };
  engine?.died.then((error) => result.resolve(tellError(terminal, error)));
  const stop = watchSignals(worker, engine, terminal);
  const exitCode = await result.promise;
  stop();
  worker.terminate();
  engine?.terminate();
  return exitCode;
}

/**
 * First signal: finish the current write, within the grace period. Second: exit at once. Exiting is safe at
 * any time, since every file is replaced atomically. A terminal sends Ctrl-C to every process of a command
 * line, and parent processes forward it: signals right after the first are the same one.
 */
function watchSignals(
  worker: Worker,
  engine: EngineWorker | undefined,
  terminal: Terminal,
): () => void {
  const clock = new SystemClock();
  let askedMs: number | undefined;
  const onSignal = () => {
    if (askedMs !== undefined) {
      if (clock.nowMs() - askedMs < SAME_SIGNAL_MS) return;
      engine?.terminate();
      Deno.exit(130);
    }
    askedMs = clock.nowMs();
    worker.postMessage("interrupt");
    clock.sleepUntil(clock.nowMs() + GRACE_MS).then(() => {
      tellError(
        terminal,
        new InterruptedError("Interrupted; the current window is lost, earlier ones are saved"),
      );
      Deno.exit(130);
    });
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  };
}

/** Revokes this thread's permissions: the workers have theirs, so these could only be misused. */
function dropPermissions(): void {
  for (const name of KINDS) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    "covey: train a language model together, without trusting each other",
    "",
    "Usage: covey COMMAND [options]",
    "",
    "Commands:",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "covey COMMAND --help shows its options; --explain-permissions what it may reach; --version the version.",
  ].join("\n");
}

function unknownCommand(name: string): string {
  const guess = nearest(name, Object.keys(COMMANDS));
  return `unknown command "${name}"${
    guess ? ` (Did you mean ${guess}?)` : `, want ${Object.keys(COMMANDS).join(", ")}`
  }`;
}

function explainScope(scope: Scope, entry: URL): string {
  const list = (items: readonly string[]) => (items.length > 0 ? items.join(", ") : "nothing");
  return [
    "command worker",
    `  read   ${list([...withRealPaths(scope.read), programRoot(entry)])}`,
    `  write  ${list(withRealPaths(scope.write))}`,
    `  net    ${list(scope.net)}`,
    `  sys    ${list(scope.sys)}`,
    "engine worker",
    `  ffi    ${scope.engine ? libraryFolder(entry) : "not started"}`,
    "main thread",
    "  nothing once the workers run",
    "",
    "Native code that the engine worker loads is outside this sandbox.",
    "",
  ].join("\n");
}

/** Returns paths plus the targets of those that are links: permissions are checked on the targets. */
function withRealPaths(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const real = realTarget(resolve(path));
    return real === resolve(path) ? [path] : [path, real];
  });
}

function programRoot(entry: URL): string {
  return fileURLToPath(new URL(".", entry));
}

function libraryFolder(entry: URL): string {
  return fileURLToPath(new URL("node_modules", entry));
}
