import { NotFiniteError } from "../../tensor/not_finite_error.ts";
import type { DeviceTensor, Engine, HostTensor, Session } from "../../engine/engine.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import { elementCount } from "../../tensor/dims.ts";
import { adamwFeeds, adamwGraph, adamwKept, type AdamWSettings } from "./adamw.ts";
import { blockGradients } from "./block_gradients.ts";
import type { OptimizerState } from "../../tensor/optimizer_state.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import type { BatchShape, GradientPass, MicroBatch } from "./gradient_pass.ts";
import { llamaParameters } from "../model/parameters.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";
import { wholeGradients } from "./whole_gradients.ts";

/** Options of a trainer. */
export interface TrainerOptions extends BatchShape {
  /** Micro-batches per step. */
  readonly accumulate: number;
  /** Form of the gradient pass: one graph, or block by block with recomputation. */
  readonly shape: "whole" | "blocks";
  /** AdamW settings. */
  readonly adamw: AdamWSettings;
}

/** Result of one inner step. */
export interface StepResult {
  /** Mean cross-entropy over the step's micro-batches, nats per token. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/** Group of parameters updated by one AdamW graph. */
interface UpdateGroup {
  readonly session: Session;
  readonly names: string[];
}

/**
 * Runs inner training steps of one model. Parameters, moments and gradients stay on the device from
 * {@linkcode Trainer.load} until they are read.
 */
export class Trainer {
  readonly #engine: Engine;
  readonly #options: TrainerOptions;
  readonly #specs: TensorShape[];
  readonly #state = new Map<Part, Map<string, DeviceTensor>>();
  #pass!: GradientPass;
  #updates: UpdateGroup[] = [];
  #steps = 0;

  private constructor(engine: Engine, config: LlamaConfig, options: TrainerOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#specs = llamaParameters(config);
  }

  /**
   * Compiles the step and allocates its state.
   *
   * @throws EngineError when the device rejects the graph or lacks memory for it.
   */
  static async open(
    engine: Engine,
    config: LlamaConfig,
    options: TrainerOptions,
  ): Promise<Trainer> {
    const trainer = new Trainer(engine, config, options);
    for (const part of PARTS) {
      const tensors = new Map<string, DeviceTensor>();
      for (const { name, dims } of trainer.#specs) {
        const data = new Float32Array(elementCount(dims));
        tensors.set(name, await engine.upload({ type: "float32", dims, data }));
      }
      trainer.#state.set(part, tensors);
    }
    const build = options.shape === "whole" ? wholeGradients : blockGradients;
    trainer.#pass = await build(engine, config, {
      ...options,
      parameters: trainer.#part("parameters"),
      gradients: trainer.#part("gradients"),
    });
    trainer.#updates = await trainer.#compileUpdates(config.layers);
    return trainer;
  }

  /** Micro-batches per step. */
  get accumulate(): number {
    return this.#options.accumulate;
  }

  /** Uploads parameters and leaves the optimizer state unchanged. */
  async loadParameters(parameters: ParameterValues): Promise<void> {
    await this.#upload("parameters", parameters);
  }

  /** Uploads parameters and optimizer state; without a state, moments start at zero. */
  async load(parameters: ParameterValues, optimizer?: OptimizerState): Promise<void> {
    this.#steps = optimizer?.steps ?? 0;
    await this.loadParameters(parameters);
    await this.#upload("first", optimizer?.first);
    await this.#upload("second", optimizer?.second);
  }

  /**
   * Runs one inner step: gradients of all micro-batches, clipping, AdamW.
   *
   * @param batches Exactly `accumulate` micro-batches.
   * @throws NotFiniteError when the loss or the gradient is not finite; the state is then unchanged.
   */
  async step(batches: MicroBatch[], learningRate: number): Promise<StepResult> {
    const { accumulate, adamw } = this.#options;
    if (batches.length !== accumulate) {
      throw new RangeError(`Cannot step: ${batches.length} micro-batches, want ${accumulate}`);
    }
    let loss = 0;
    let sumOfSquares = 0;
    for (const [index, batch] of batches.entries()) {
      const result = await this.#pass.gradients(batch, index === 0);
      loss += result.loss / accumulate;
      sumOfSquares = result.sumOfSquares;
    }
    const gradientNorm = Math.sqrt(sumOfSquares);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new NotFiniteError(
        `Cannot step: loss is ${loss} and gradient norm ${gradientNorm}, want finite numbers`,
      );
    }
    const scalars = adamwFeeds(adamw, ++this.#steps, learningRate, gradientNorm);
    for (const { session, names } of this.#updates) {
      await session.run({ ...scalars, ...this.#feeds(names) }, this.#keeps(names));
    }
    return { loss, gradientNorm };
  }

  /** Copies parameters from the device. */
  parameters(): Promise<ParameterValues> {
    return this.#download("parameters");
  }

  /** Copies the optimizer's state from the device. */
  async optimizer(): Promise<OptimizerState> {
    const first = await this.#download("first");
    return { first, second: await this.#download("second"), steps: this.#steps };
  }

  /** Copies the gradient of the last step, before clipping. */
  gradients(): Promise<ParameterValues> {
    return this.#download("gradients");
  }

  /** Returns the tensors of parameters, moments and gradients, which must not leave the device in a step. */
  deviceTensors(): DeviceTensor[] {
    return PARTS.flatMap((part) => [...this.#part(part).values()]);
  }

  /** Releases all sessions and tensors. */
  async close(): Promise<void> {
    await this.#pass.release();
    for (const session of new Set(this.#updates.map(({ session }) => session))) {
      await session.release();
    }
    await this.#engine.dispose(this.deviceTensors());
  }

  /** Compiles one AdamW graph for all blocks; tensors outside the blocks are updated one by one. */
  async #compileUpdates(layers: number): Promise<UpdateGroup[]> {
    const inBlock = (layer: number) =>
      this.#specs.filter(({ name }) => name.startsWith(`model.layers.${layer}.`));
    const outside = this.#specs.filter(({ name }) => !name.startsWith("model.layers."));
    const groups = [
      ...outside.map((spec) => [spec]),
      ...Array.from({ length: layers }, (_, i) => inBlock(i)),
    ];
    const sessions = new Map<string, Session>();
    const updates: UpdateGroup[] = [];
    for (const group of groups) {
      const key = group.map(({ dims }) => dims.join("x")).join();
      let session = sessions.get(key);
      if (!session) {
        const graph = adamwGraph(group.map(({ dims }) => dims), this.#options.adamw);
        session = await this.#engine.load(serializeGraph(graph), adamwKept(group.length));
        sessions.set(key, session);
      }
      updates.push({ session, names: group.map(({ name }) => name) });
    }
    return updates;
  }

  #feeds(names: string[]): Record<string, DeviceTensor> {
    const letters: [string, Part][] = [
      ["p", "parameters"],
      ["m", "first"],
      ["v", "second"],
      ["g", "gradients"],
    ];
    return Object.fromEntries(
      names.flatMap((name, index) =>
        letters.map(([letter, part]) => [`${letter}.${index}`, this.#part(part).get(name)!])
      ),
    );
  }

  #keeps(names: string[]): Record<string, DeviceTensor> {
    return Object.fromEntries(names.flatMap((name, index) => [
      [`p_next.${index}`, this.#part("parameters").get(name)!],
      [`m_next.${index}`, this.#part("first").get(name)!],
      [`v_next.${index}`, this.#part("second").get(name)!],
    ]));
  }

  #part(part: Part): Map<string, DeviceTensor> {
    return this.#state.get(part)!;
  }

  async #upload(part: Part, values: ParameterValues | undefined): Promise<void> {
    for (const { name, dims } of this.#specs) {
      const data = values?.get(name) ?? new Float32Array(elementCount(dims));
      const tensor: HostTensor = { type: "float32", dims, data };
      await this.#engine.write(this.#part(part).get(name)!, tensor);
    }
  }

  async #download(part: Part): Promise<ParameterValues> {
    const values: ParameterValues = new Map();
    for (const [name, tensor] of this.#part(part)) {
      values.set(name, (await this.#engine.download(tensor)).data as Float32Array<ArrayBuffer>);
    }
    return values;
  }
}

type Part = "parameters" | "first" | "second" | "gradients";
const PARTS: readonly Part[] = ["parameters", "first", "second", "gradients"];
