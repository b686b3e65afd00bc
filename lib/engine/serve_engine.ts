import type { AnswerMessage, CallMessage, EngineCalls } from "./_protocol.ts";
import { chooseDevice } from "./choose_device.ts";
import { EngineError, type HostTensor } from "./engine.ts";
import { EngineHost } from "./engine_host.ts";

/**
 * Answers engine requests on a port, one at a time and in order. Runs inside the engine worker, whose
 * only permission is to load the runtime's native code.
 */
export function serveEngine(port: MessagePort): void {
  let host: EngineHost | undefined;
  let queue: Promise<void> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<CallMessage>) => {
    queue = queue.then(async () => {
      try {
        if (data.call === "open") {
          host = await openHost(data.argument as EngineCalls["open"][0]);
          return answer(port, { id: data.id, result: host.device });
        }
        if (!host) throw new TypeError(`Cannot ${data.call}: the engine is not open`);
        answer(port, { id: data.id, result: await dispatch(host, data) });
      } catch (cause) {
        answer(port, { id: data.id, error: describe(cause) });
      }
    });
  };
}

async function openHost({ devices, threads }: EngineCalls["open"][0]): Promise<EngineHost> {
  const module = await import("onnxruntime-node");
  const runtime = module.default;
  runtime.env.logLevel = "fatal"; // what goes wrong is thrown, and told once
  const device = await chooseDevice(runtime, devices, threads, () => performance.now());
  const host = new EngineHost(runtime, device, threads);
  // Devices fail when they are first used: better now than after the data was prepared.
  const probe = await host.upload({ type: "float32", dims: [1], data: new Float32Array(1) });
  await host.dispose([probe]);
  return host;
}

function dispatch(host: EngineHost, { call, argument }: CallMessage): unknown {
  const calls: { [Name in keyof EngineCalls]?: (argument: never) => unknown } = {
    upload: (tensor: EngineCalls["upload"][0]) => host.upload(tensor),
    write: ({ target, tensor }: EngineCalls["write"][0]) => host.write(target, tensor),
    download: (tensor: EngineCalls["download"][0]) => host.download(tensor),
    dispose: (tensors: EngineCalls["dispose"][0]) => host.dispose(tensors),
    load: ({ model, kept, frugal }: EngineCalls["load"][0]) => host.load(model, kept, frugal),
    run: ({ session, feeds, keep }: EngineCalls["run"][0]) => host.run(session, feeds, keep),
    release: (session: EngineCalls["release"][0]) => host.release(session),
    statistics: () => host.statistics(),
    close: () => host.close(),
  };
  return calls[call]!(argument as never);
}

/** Posts an answer; arrays that came from the device are moved, not copied. */
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
