import { connectEngine } from "../../lib/engine/connect_engine.ts";
import { processTerminal, type TerminalFacts } from "../../lib/terminal/terminal.ts";
import { SystemClock } from "../../lib/clock/system_clock.ts";
import { COMMANDS } from "../commands.ts";
import { InterruptedError } from "../command.ts";
import { tellError } from "./tell_error.ts";
import type { DeviceName } from "../../lib/engine/devices.ts";

/** Request from the supervisor to the worker. */
export interface WorkerRequest {
  /** Verb. */
  name: string;
  /** Parsed options. */
  options: unknown;
  /** Properties of the process's terminal. */
  terminalFacts: TerminalFacts;
  /** Command line of the program up to the verb, as typed. */
  program: string;
  /** Devices that `auto` chooses from. */
  devices: DeviceName[];
  /** Port of the engine worker, for verbs that compute. */
  engine: MessagePort | undefined;
}

/** Message from the worker to the supervisor. */
export type WorkerResult = "ready" | { exitCode: number } | { failure: string };

/** Runs one command inside the worker that holds its permissions. */
export function serveCommand(worker: Worker): void {
  const interrupt = new AbortController();
  worker.onmessage = async ({ data }: MessageEvent<WorkerRequest | "interrupt">) => {
    if (data === "interrupt") return interrupt.abort(new InterruptedError("Interrupted"));
    worker.postMessage({ exitCode: await runCommand(data, interrupt.signal) });
  };
  worker.postMessage("ready");
}

function everySecond(clock: SystemClock, beat: () => void): Disposable {
  const end = new AbortController();
  const loop = async () => {
    while (!end.signal.aborted) {
      await clock.sleepUntil(clock.nowMs() + 1000, end.signal);
      beat();
    }
  };
  loop().catch(() => {}); // aborted wait
  return { [Symbol.dispose]: () => end.abort() };
}

async function runCommand(request: WorkerRequest, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal(request.terminalFacts);
  const clock = new SystemClock();
  try {
    const command = await COMMANDS[request.name].load();
    return await command.run(request.options, {
      terminal,
      program: request.program,
      signal,
      nowMs: () => clock.nowMs(),
      everySecond: (beat) => everySecond(clock, beat),
      stopwatch: () => performance.now() / 1000,
      memoryBytes: () => Deno.systemMemoryInfo().available,
      openEngine: (device, threads) => {
        const devices = device === "auto" ? request.devices : [device];
        return connectEngine(request.engine!, { devices, threads });
      },
    });
  } catch (error) {
    return tellError(terminal, error);
  }
}
