import type { AnswerMessage, EngineCalls } from "./_protocol.ts";
import {
  type DeviceTensor,
  DeviceUnavailableError,
  type Engine,
  EngineError,
  type HostTensor,
  type Session,
} from "./engine.ts";
import type { DeviceName } from "./devices.ts";

/** Options for opening an engine. */
export interface EngineOptions {
  /** Candidate devices; the fastest that works is used. */
  devices: readonly DeviceName[];
  /** Threads per operator on the CPU; 0 lets the runtime choose. */
  threads: number;
}

/**
 * Opens the engine that {@linkcode serveEngine} serves at the other end of a port. The port stays open when
 * the engine is closed; its creator closes it.
 *
 * @throws DeviceUnavailableError when the device is not available.
 */
export async function connectEngine(port: MessagePort, options: EngineOptions): Promise<Engine> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  port.onmessage = ({ data }: MessageEvent<AnswerMessage>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("result" in data) return call?.resolve(data.result);
    call?.reject(new EngineError(data.error.message, data.error.operator, data.error.shapes));
  };
  const request = <Name extends keyof EngineCalls>(
    call: Name,
    argument: EngineCalls[Name][0],
  ): Promise<EngineCalls[Name][1]> => {
    const id = next++;
    const result = Promise.withResolvers<unknown>();
    waiting.set(id, result);
    port.postMessage({ id, call, argument });
    return result.promise as Promise<EngineCalls[Name][1]>;
  };
  const device = await request("open", options).catch((cause: Error) => {
    const [, reason = cause.message] = /^Cannot [^:]*: (.*)/s.exec(cause.message) ?? [];
    throw new DeviceUnavailableError(`Cannot use device ${options.devices.join()}: ${reason}`, {
      cause,
    });
  });
  return remoteEngine(device, request);
}

function remoteEngine(
  device: DeviceName,
  request: <Name extends keyof EngineCalls>(
    call: Name,
    argument: EngineCalls[Name][0],
  ) => Promise<EngineCalls[Name][1]>,
): Engine {
  return {
    device,
    upload: (tensor: HostTensor) => request("upload", tensor),
    write: (target: DeviceTensor, tensor: HostTensor) => request("write", { target, tensor }),
    download: (tensor: DeviceTensor) => request("download", tensor),
    dispose: (tensors: DeviceTensor[]) => request("dispose", tensors),
    statistics: () => request("statistics", undefined),
    async load(model, kept = [], frugal = false): Promise<Session> {
      const session = await request("load", { model, kept, frugal });
      return {
        run: (feeds, keep = {}) => request("run", { session, feeds, keep }),
        release: () => request("release", session),
      };
    },
    close: () => request("close", undefined),
  };
}
