import type { AnswerMessage, CallMessage, EngineCalls } from "./_protocol.ts";
import { chooseDevice } from "./choose_device.ts";
import { type Engine, EngineError, type HostTensor, type Session } from "./engine.ts";
import { EngineHost } from "./engine_host.ts";

/**
 * Answers engine requests on a port, one at a time and in order. Runs inside the engine worker, whose
 * only permission is to load the runtime's native code.
 */
export function serveEngine(port: MessagePort): void {
  let calls: Calls | undefined;
  let queue: Promise<void> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<CallMessage>) => {
    queue = queue.then(async () => {
      try {
        if (data.call === "open") {
          const host = await openHost(data.argument as EngineCalls["open"][0]);
          calls = callsOf(host);
          return answer(port, { id: data.id, result: host.device });
        }
        if (!calls) throw new TypeError(`Cannot ${data.call}: the engine is not open`);
        answer(port, { id: data.id, result: await calls[data.call](data.argument as never) });
      } catch (cause) {
        answer(port, { id: data.id, error: describe(cause) });
      }
    });
  };
}

async function openHost({ devices, threads }: EngineCalls["open"][0]): Promise<EngineHost> {
  const module = await import("onnxruntime-node");
  const runtime = module.default;
  runtime.env.logLevel = "fatal"; // errors are thrown, and reported once
  const device = await chooseDevice(runtime, devices, threads, () => performance.now() / 1000);
  const host = new EngineHost(runtime, device, threads);
  // Devices fail on first use: better now than after the data was prepared.
  const probe = await host.upload({ type: "float32", dims: [1], data: new Float32Array(1) });
  await host.dispose([probe]);
  return host;
}

/** Handlers of all requests but `open`. */
type Calls = {
  [Name in Exclude<keyof EngineCalls, "open">]: (
    argument: EngineCalls[Name][0],
  ) => Promise<EngineCalls[Name][1]>;
};

/** Adapts an engine to callers in another thread, which address sessions by number. */
function callsOf(engine: Engine): Calls {
  const sessions = new Map<number, Session>();
  let next = 1;
  const sessionOf = (id: number) => {
    const session = sessions.get(id);
    if (session) return session;
    throw new TypeError(`Cannot run session ${id}: it was released or never loaded`);
  };
  return {
    upload: (tensor) => engine.upload(tensor),
    write: ({ target, tensor }) => engine.write(target, tensor),
    download: (tensor) => engine.download(tensor),
    dispose: (tensors) => engine.dispose(tensors),
    load: async ({ model, kept, frugal }) => {
      sessions.set(next, await engine.load(model, kept, frugal));
      return next++;
    },
    run: async ({ session, feeds, keep }) => await sessionOf(session).run(feeds, keep),
    release: async (id) => {
      await sessions.get(id)?.release();
      sessions.delete(id);
    },
    statistics: () => engine.statistics(),
    close: () => engine.close(),
  };
}

/** Posts an answer; arrays from the device are transferred, not copied. */
function answer(port: MessagePort, message: AnswerMessage): void {
  const buffers = new Set<ArrayBuffer>();
  const collect = (value: unknown) => {
    const data = (value as HostTensor | undefined)?.data;
    if (ArrayBuffer.isView(data)) buffers.add(data.buffer as ArrayBuffer);
  };
  if ("result" in message && message.result && typeof message.result === "object") {
    collect(message.result);
    Object.values(message.result).forEach(collect);
  }
  port.postMessage(message, [...buffers]);
}

function describe(cause: unknown): { message: string; operator?: string; shapes?: string } {
  if (!(cause instanceof Error)) return { message: String(cause) };
  const { operator, shapes } = cause instanceof EngineError ? cause : {} as EngineError;
  return {
    message: cause.message,
    ...(operator ? { operator } : {}),
    ...(shapes ? { shapes } : {}),
  };
}
