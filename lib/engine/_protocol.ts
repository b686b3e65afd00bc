import type { DeviceTensor, EngineStatistics, HostTensor } from "./engine.ts";
import type { DeviceName } from "./devices.ts";

/** Requests to the engine worker by name: argument and result. */
export interface EngineCalls {
  open: [{ devices: readonly DeviceName[]; threads: number }, DeviceName];
  upload: [HostTensor, DeviceTensor];
  write: [{ target: DeviceTensor; tensor: HostTensor }, void];
  download: [DeviceTensor, HostTensor];
  dispose: [DeviceTensor[], void];
  load: [{ model: Uint8Array<ArrayBuffer>; kept: string[]; frugal: boolean }, number];
  run: [
    {
      session: number;
      feeds: Record<string, HostTensor | DeviceTensor>;
      keep: Record<string, DeviceTensor>;
    },
    Record<string, HostTensor>,
  ];
  release: [number, void];
  statistics: [undefined, EngineStatistics];
  close: [undefined, void];
}

/** One request on the wire. */
export interface CallMessage {
  id: number;
  call: keyof EngineCalls;
  argument: unknown;
}

/** One answer on the wire. */
export type AnswerMessage =
  | { id: number; result: unknown }
  | { id: number; error: { message: string; operator?: string; shapes?: string } };
