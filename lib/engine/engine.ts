import type { ElementArray, HostType } from "../graph/element_type.ts";
import type { DeviceName } from "./devices.ts";

/** A tensor in JavaScript memory, row-major. */
export interface HostTensor {
  /** Element type. */
  readonly type: HostType;
  /** Length of every axis. */
  readonly dims: readonly number[];
  /** Elements. */
  readonly data: ElementArray;
}

/** A tensor in the engine's memory: on the GPU if the engine runs on one. */
export interface DeviceTensor {
  /** Number of the tensor within its engine. */
  readonly id: number;
  /** Element type. */
  readonly type: HostType;
  /** Length of every axis. */
  readonly dims: readonly number[];
}

/** Counters of runs and of transfers between JavaScript and the device. */
export interface EngineStatistics {
  /** Sessions run so far. */
  runs: number;
  /** Bytes sent to the device, including feeds. */
  uploadedBytes: number;
  /** Bytes read from the device, including results. */
  downloadedBytes: number;
  /** Location of each live {@linkcode DeviceTensor}, by id. */
  locations: Record<number, "cpu" | "gpu-buffer">;
}

/** Runs ONNX models. The only interface to native code, and not deterministic across devices. */
export interface Engine {
  /** Device in use. */
  readonly device: DeviceName;
  /** Copies a tensor to the device. */
  upload(tensor: HostTensor): Promise<DeviceTensor>;
  /** Overwrites a device tensor with a host tensor of the same type and shape. */
  write(target: DeviceTensor, tensor: HostTensor): Promise<void>;
  /** Copies a tensor from the device. */
  download(tensor: DeviceTensor): Promise<HostTensor>;
  /** Frees tensors. */
  dispose(tensors: DeviceTensor[]): Promise<void>;
  /**
   * Loads a model.
   *
   * @param model ONNX bytes.
   * @param kept Names of the outputs that runs will keep on the device.
   * @param frugal Uses constants as they lie in their files, instead of prepacked copies.
   * @throws EngineError when the runtime refuses the model.
   */
  load(model: Uint8Array<ArrayBuffer>, kept?: string[], frugal?: boolean): Promise<Session>;
  /** Counters since the engine started. */
  statistics(): Promise<EngineStatistics>;
  /** Closes the engine and frees everything it holds. */
  close(): Promise<void>;
}

/** A model that is ready to run. */
export interface Session {
  /**
   * Runs the model once.
   *
   * @param feeds One value for every graph input.
   * @param keep For every kept output, the device tensor that holds it afterwards. It may be one of the feeds.
   * @returns The outputs that were not kept.
   * @throws EngineError when an operator fails; kept tensors that were fed are then unchanged, the others
   * undefined.
   */
  run(
    feeds: Record<string, HostTensor | DeviceTensor>,
    keep?: Record<string, DeviceTensor>,
  ): Promise<Record<string, HostTensor>>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** A failure inside the runtime, described in terms of the graph. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  /**
   * @param message Attempted action and the runtime's message.
   * @param operator ONNX operator that failed, if the runtime names it.
   * @param shapes Operand shapes of that operator.
   */
  constructor(message: string, readonly operator?: string, readonly shapes?: string) {
    super(message);
  }
}

/** A device that this machine lacks, or whose libraries are missing. */
export class DeviceUnavailableError extends Error {
  override readonly name = "DeviceUnavailableError";
}
