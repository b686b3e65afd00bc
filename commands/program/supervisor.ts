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
/** Time in which signals are one. */
const SAME_SIGNAL_MS = 1000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const KINDS = ["net", "ffi", "write", "run", "env", "sys", "read"] as const;

/**
 * The process's main thread: parses, starts the workers with the permissions of their jobs, gives up its
 * own, and waits. It computes nothing, so Ctrl-C is always answered.
 *
 * @param entry The program's entry module, which is also that of its workers.
 * @returns The exit code.
 */
export async function supervise(args: string[], entry: URL): Promise<number> {
  const environment = Deno.env.toObject();
  // Without it caches would lie in whatever directory this is; the system knows better.
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

/** `help train` is `train --help`. */
function helpLast(args: string[]): string[] {
  const [first, verb] = args;
  return first === "help" && verb !== undefined ? [verb, "--help"] : args;
}

/**
 * Tasks run where `deno.json` lies, and say in `INIT_CWD` where they were called. The paths of a command line
 * are meant from there.
 */
function enterUsersDirectory(environment: Record<string, string>, entry: URL): void {
  const { INIT_CWD: called } = environment;
  if (isTask(environment, entry) && existsSync(called)) Deno.chdir(called);
}

function isTask({ INIT_CWD }: Record<string, string>, entry: URL): boolean {
  return Boolean(INIT_CWD) && resolve(Deno.cwd()) === resolve(programRoot(entry));
}

/** What was typed to run the program, up to the verb. */
function invocation(environment: Record<string, string>, entry: URL): string {
  if (!/^deno(\.exe)?$/.test(basename(Deno.execPath()))) return "covey";
  if (!isTask(environment, entry)) return `deno run -A ${fileURLToPath(entry)}`;
  const deno = environment.npm_execpath ? `npx -y deno@${Deno.version.deno}` : "deno";
  return `${deno} task covey`;
}

/** Where Linux keeps GPU drivers' manifests and tools. */
const GPU_SIGNS = ["/usr/bin/nvidia-smi", "/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d"];

/**
 * Devices that `auto` measures. Where Linux shows no sign of a GPU driver the CPU alone is left: without
 * one the native libraries only complain on the terminal.
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
  // The runtime's native library would otherwise send its maker what it is used for.
  Deno.env.set("ORT_DISABLE_TELEMETRY", "1");
  // The Vulkan loader complains when it is missing, and wants nothing from it here.
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
 * First signal: finish the write in hand, within the grace. Second: leave at once. Leaving is safe at any
 * time, since every file is replaced whole. A terminal sends Ctrl-C to every process of a command line, and those
 * that started others send it on: what comes right behind the first is the same one.
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
        new InterruptedError("Interrupted; the window in hand is lost, those before are saved"),
      );
      Deno.exit(130);
    });
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  };
}

/** The workers have theirs; what this thread keeps could only be misused. */
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

/** Paths and, where links lead elsewhere, what they lead to: permissions are checked on the latter. */
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
