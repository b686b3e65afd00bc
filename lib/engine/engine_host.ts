import type { InferenceSession, OnnxValue, Tensor } from "onnxruntime-node";
import { Graph } from "../graph/graph.ts";
import { elementCount, sameDims } from "../tensor/dims.ts";
import { reshape } from "../graph/operators/reshape.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import type { DeviceTensor, Engine, EngineStatistics, HostTensor, Session } from "./engine.ts";
import { runtimeError } from "./_runtime_error.ts";
import { type DeviceName, DEVICES } from "./devices.ts";

type Runtime = typeof import("onnxruntime-node");

/**
 * Time that a thread spins after its part of an operator before it sleeps. The runtime's default is longer
 * than most gaps between operators, and takes a core from other processes; see docs/measured.md.
 */
const SPIN_MICROSECONDS = "20";

interface LoadedSession {
  session: InferenceSession;
  kept: Set<string>;
  /** Number of live GPU outputs in this session's memory. */
  tensors: number;
  released: boolean;
}

/**
 * The engine itself, inside the worker: sessions and tensors of ONNX Runtime on one device.
 *
 * On the CPU a kept output is written to a spare buffer, which is then swapped with the one it replaces: two
 * buffers per state tensor and no copy. On a GPU the new tensor replaces the old one, and is in the memory of
 * the session that created it: a released session is freed with its last tensor.
 */
export class EngineHost implements Engine {
  readonly #sessions = new Set<LoadedSession>();
  readonly #tensors = new Map<number, Tensor>();
  readonly #makers = new Map<Tensor, LoadedSession>();
  readonly #spares = new Map<string, Tensor[]>();
  readonly #copies = new Map<string, InferenceSession>();
  readonly #counters = { runs: 0, uploadedBytes: 0, downloadedBytes: 0 };
  #next = 1;

  /**
   * @param runtime The loaded `onnxruntime-node` module.
   * @param device Device for every session.
   * @param threads Threads per operator; 0 lets the runtime choose.
   */
  constructor(
    readonly runtime: Runtime,
    readonly device: DeviceName,
    readonly threads: number,
  ) {}

  /** See {@linkcode Engine.upload}. */
  async upload(host: HostTensor): Promise<DeviceTensor> {
    const tensor = await this.#place(host);
    const id = this.#next++;
    this.#tensors.set(id, tensor);
    return { id, type: host.type, dims: host.dims };
  }

  /** See {@linkcode Engine.write}. */
  async write(target: DeviceTensor, host: HostTensor): Promise<void> {
    const before = this.#tensor(target.id);
    if (target.type !== host.type || !sameDims(target.dims, host.dims)) {
      throw new RangeError(
        `Cannot write device tensor: shape [${host.dims}] of ${host.type}, want [${target.dims}] of ${target.type}`,
      );
    }
    this.#tensors.set(target.id, await this.#place(host));
    await this.#free(before);
  }

  /** See {@linkcode Engine.download}. */
  async download({ id, type, dims }: DeviceTensor): Promise<HostTensor> {
    const tensor = this.#tensor(id);
    const host = tensor.location === "cpu" ? tensor : await this.#copy(tensor, false);
    const data = host.data as HostTensor["data"];
    this.#counters.downloadedBytes += data.byteLength;
    // Copied, since the returned buffer is transferred while the CPU tensor stays in use.
    return { type, dims, data: tensor.location === "cpu" ? data.slice() : data };
  }

  /** See {@linkcode Engine.dispose}. */
  async dispose(tensors: DeviceTensor[]): Promise<void> {
    for (const { id } of tensors) {
      const tensor = this.#tensors.get(id);
      this.#tensors.delete(id);
      if (tensor) await this.#free(tensor);
    }
    this.#spares.clear();
  }

  /** See {@linkcode Engine.load}. */
  async load(model: Uint8Array, kept: string[] = [], frugal = false): Promise<Session> {
    const session = await this.#create(model, kept, frugal);
    const entry = { session, kept: new Set(kept), tensors: 0, released: false };
    this.#sessions.add(entry);
    return {
      run: (feeds, keep = {}) => this.#run(entry, feeds, keep),
      release: () => this.#release(entry),
    };
  }

  async #run(
    entry: LoadedSession,
    feeds: Record<string, HostTensor | DeviceTensor>,
    keep: Record<string, DeviceTensor>,
  ): Promise<Record<string, HostTensor>> {
    if (entry.released) throw new TypeError("Cannot run session: it was released");
    for (const name of entry.kept) {
      if (!keep[name]) throw new TypeError(`Cannot run session: no tensor given to keep "${name}"`);
      this.#tensor(keep[name].id); // throws before the run: afterwards, the output would leak
    }
    const inputs: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(feeds)) {
      inputs[name] = "data" in value ? this.#toRuntime(value) : this.#tensor(value.id);
      if ("data" in value) this.#counters.uploadedBytes += value.data.byteLength;
    }
    const fed = new Set(Object.values(inputs));
    const fetches: Record<string, OnnxValue | null> = {};
    for (const name of entry.session.outputNames) {
      const target = !DEVICES[this.device].keepsOutputs && keep[name];
      fetches[name] = target ? this.#buffer(target, fed) : null;
    }
    this.#counters.runs++;
    const results = await entry.session.run(inputs, fetches).catch((cause: unknown) => {
      throw runtimeError("run graph", cause);
    });
    const fetched: Record<string, HostTensor> = {};
    for (const [name, value] of Object.entries(results)) {
      // The binding rewraps a preallocated output; the tensor that was passed in owns the buffer.
      const tensor = (fetches[name] ?? value) as Tensor;
      if (keep[name]) await this.#replace(keep[name], tensor, entry);
      else fetched[name] = this.#toHost(tensor);
    }
    return fetched;
  }

  async #release(entry: LoadedSession): Promise<void> {
    if (entry.released) return;
    this.#sessions.delete(entry);
    entry.released = true;
    if (entry.tensors === 0) await entry.session.release();
  }

  /** See {@linkcode Engine.statistics}. */
  statistics(): Promise<EngineStatistics> {
    const locations: EngineStatistics["locations"] = {};
    for (const [id, tensor] of this.#tensors) {
      locations[id] = tensor.location === "gpu-buffer" ? "gpu-buffer" : "cpu";
    }
    return Promise.resolve({ ...this.#counters, locations });
  }

  /** See {@linkcode Engine.close}. */
  async close(): Promise<void> {
    for (const tensor of this.#tensors.values()) await this.#free(tensor);
    this.#tensors.clear();
    this.#spares.clear();
    for (const entry of this.#sessions) await this.#release(entry);
    for (const session of this.#copies.values()) await session.release();
    this.#copies.clear();
  }

  #create(model: Uint8Array, kept: string[], frugal = false): Promise<InferenceSession> {
    const locations = Object.fromEntries(kept.map((name) => [name, "gpu-buffer" as const]));
    const options: InferenceSession.SessionOptions = {
      executionProviders: [this.device],
      // Memory plans of earlier runs reserve memory that preallocated outputs do not need.
      enableMemPattern: false,
      logSeverityLevel: 4,
      extra: {
        session: {
          model_external_initializers_file_folder_path: "/",
          intra_op: { spin_duration_us: SPIN_MICROSECONDS },
          ...(frugal ? { disable_prepacking: "1" } : {}),
        },
        ...(frugal ? { optimization: { disable_specified_optimizers: "ConstantFolding" } } : {}),
      },
      ...(this.threads > 0 ? { intraOpNumThreads: this.threads } : {}),
      ...(DEVICES[this.device].keepsOutputs ? { preferredOutputLocation: locations } : {}),
    };
    return this.runtime.InferenceSession.create(model, options).catch((cause: unknown) => {
      throw runtimeError(`load graph on ${this.device}`, cause);
    });
  }

  /** Copies between host and GPU through an identity graph: `getData()` of a GPU tensor kills the process. */
  async #copy(tensor: Tensor, toDevice: boolean): Promise<Tensor> {
    const type = tensor.type as HostTensor["type"];
    const key = `${toDevice}:${type}:${tensor.dims}`;
    let session = this.#copies.get(key);
    if (!session) {
      const graph = new Graph("copy");
      graph.output("copy", reshape(graph.input("x", type, tensor.dims), tensor.dims));
      session = await this.#create(serializeGraph(graph), toDevice ? ["copy"] : []);
      this.#copies.set(key, session);
    }
    return (await session.run({ x: tensor })).copy as Tensor;
  }

  #place(host: HostTensor): Promise<Tensor> {
    this.#counters.uploadedBytes += host.data.byteLength;
    const tensor = this.#toRuntime(host);
    return DEVICES[this.device].copiesUploads ? this.#copy(tensor, true) : Promise.resolve(tensor);
  }

  #tensor(id: number): Tensor {
    const tensor = this.#tensors.get(id);
    if (!tensor) throw new TypeError(`Cannot use device tensor ${id}: it was disposed of`);
    return tensor;
  }

  /** Returns the buffer for a kept output: the tensor itself, unless this run reads it. */
  #buffer({ id, type, dims }: DeviceTensor, fed: Set<Tensor>): Tensor {
    const current = this.#tensor(id);
    if (!fed.has(current)) return current;
    const spare = this.#spares.get(`${type}:${dims}`)?.pop();
    if (spare) return spare;
    const Kind = type === "float64" ? Float64Array : type === "int32" ? Int32Array : Float32Array;
    return this.#toRuntime({ type, dims, data: new Kind(elementCount(dims)) });
  }

  async #replace(
    { id, type, dims }: DeviceTensor,
    tensor: Tensor,
    maker: LoadedSession,
  ): Promise<void> {
    const before = this.#tensor(id);
    if (before === tensor) return;
    this.#tensors.set(id, tensor);
    if (DEVICES[this.device].keepsOutputs) {
      maker.tensors++;
      this.#makers.set(tensor, maker);
      await this.#free(before);
      return;
    }
    const key = `${type}:${dims}`;
    const spares = this.#spares.get(key) ?? [];
    spares.push(before);
    this.#spares.set(key, spares);
  }

  /** Frees a tensor, and the released session that created it if this was its last tensor. */
  async #free(tensor: Tensor): Promise<void> {
    tensor.dispose();
    const maker = this.#makers.get(tensor);
    if (!maker) return;
    this.#makers.delete(tensor);
    maker.tensors--;
    if (maker.released && maker.tensors === 0) await maker.session.release();
  }

  #toRuntime({ type, dims, data }: HostTensor): Tensor {
    if (data.length !== elementCount(dims)) {
      throw new RangeError(
        `Cannot create tensor: ${data.length} elements for shape [${dims}], want ${
          elementCount(dims)
        }`,
      );
    }
    return new this.runtime.Tensor(type as "float32", data as Float32Array, dims);
  }

  #toHost(tensor: Tensor): HostTensor {
    const data = tensor.data as HostTensor["data"];
    this.#counters.downloadedBytes += data.byteLength;
    return { type: tensor.type as HostTensor["type"], dims: [...tensor.dims], data };
  }
}
