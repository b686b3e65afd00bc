import type { DeviceTensor, Engine, HostTensor, Session } from "../../engine/engine.ts";
import type { Graph } from "../../graph/graph.ts";
import { serializeGraph } from "../../graph/serialize_graph.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../model/llama_config.ts";
import { type ParameterPlaces, parametersInFiles } from "../model/parameters_in_files.ts";
import type { HeadLayout } from "./scoring_memory.ts";
import type { BatchScores, ScoringBatch, ScoringShape } from "./scoring_batch.ts";
import type { BlockRange } from "../model/decoder_stack.ts";
import { bodyGraph, headGraph } from "./scoring_graphs.ts";

/** Hidden states whose logits are computed at once, which bounds memory for any batch size. */
const HEAD_PLACES = 64;
/** The same for a frugal head, whose weight is converted on every run. */
const HEAD_PLACES_FRUGAL = 256;

/** A model to score with. */
export interface ScorerOptions {
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Locations of its parameters in files. */
  readonly tensors: ParameterPlaces;
  /** Blocks whose weights are held at once; the layer count for the whole model. */
  readonly blocksAtOnce: number;
  /** Batches run through the loaded blocks before the next blocks are loaded. */
  readonly batchesAtOnce: number;
  /** Whether weights are used in place in their files, without prepacked copies. */
  readonly frugal: boolean;
  /** Layout of the head's weights. */
  readonly head: HeadLayout;
}

/**
 * Scores packed texts, using the weights from their files. A model that does not fit in memory is streamed a
 * few blocks at a time, each group for many batches, while the hidden states of the batches are held.
 */
export class Scorer {
  readonly #bodies = new Map<number, Session>();
  readonly #ranges: readonly BlockRange[];
  #head: Session | undefined;
  #kept: DeviceTensor | undefined;
  #shape: ScoringShape = { rows: 0, sequence: 0 };

  /** @param engine Engine to compute on; `close` leaves it open. */
  constructor(readonly engine: Engine, readonly options: ScorerOptions) {
    const { blocksAtOnce, config: { layers } } = options;
    this.#ranges = Array.from({ length: Math.ceil(layers / blocksAtOnce) }, (_, index) => ({
      from: index * blocksAtOnce,
      to: Math.min((index + 1) * blocksAtOnce, layers),
    }));
  }

  /** Number of steps per batch, each of about equal duration. */
  get stepsPerBatch(): number {
    return this.#ranges.length;
  }

  /**
   * Scores batches of one shape.
   *
   * @param onStep Called after each step of each batch.
   * @returns Scores in batch order, each as soon as it is available.
   * @throws EngineError when the device rejects the graph or lacks memory for it.
   */
  async *score(
    batches: readonly ScoringBatch[],
    onStep: () => void,
  ): AsyncGenerator<BatchScores> {
    if (batches.length === 0) return;
    await this.#prepare(batches[0]);
    const { batchesAtOnce } = this.options;
    for (let start = 0; start < batches.length; start += batchesAtOnce) {
      const wave = batches.slice(start, start + batchesAtOnce);
      const waiting: (HostTensor | DeviceTensor)[] = [];
      for (const range of this.#ranges) {
        const body = await this.#openBody(range);
        for (const [index, batch] of wave.entries()) {
          waiting[index] = await this.#runBody(body, range, batch, waiting[index]);
          onStep();
          if (!this.#streams) yield await this.#scoreHead(batch, waiting[index]);
        }
        if (this.#streams) await this.#closeBodies();
      }
      if (!this.#streams) continue;
      for (const [index, batch] of wave.entries()) {
        yield await this.#scoreHead(batch, waiting[index]);
      }
      await this.#closeHead();
    }
  }

  get #streams(): boolean {
    return this.#ranges.length > 1;
  }

  /** Releases sessions and tensors. */
  async close(): Promise<void> {
    if (this.#kept) await this.engine.dispose([this.#kept]);
    await this.#closeBodies();
    await this.#closeHead();
    this.#kept = undefined;
    this.#shape = { rows: 0, sequence: 0 };
  }

  async #closeHead(): Promise<void> {
    await this.#head?.release();
    this.#head = undefined;
  }

  /** Sessions have fixed shapes and hold copies of weights, so those of the previous shape are released. */
  async #prepare({ rows, sequence }: ScoringShape): Promise<void> {
    if (this.#shape.rows === rows && this.#shape.sequence === sequence) return;
    await this.close();
    this.#shape = { rows, sequence };
    if (this.#streams) return;
    const dims = [rows, sequence, this.options.config.hiddenSize];
    const data = new Float32Array(elementCount(dims));
    this.#kept = await this.engine.upload({ type: "float32", dims, data });
  }

  get #places(): number {
    return this.options.head.frugal ? HEAD_PLACES_FRUGAL : HEAD_PLACES;
  }

  async #openHead(): Promise<Session> {
    const { config, head, tensors } = this.options;
    const parameter = parametersInFiles(tensors);
    const graph = () => headGraph(config, this.#shape, this.#places, parameter, head.tileBytesMax);
    return this.#head ??= await this.#load(graph(), [], head.frugal);
  }

  async #openBody(range: BlockRange): Promise<Session> {
    const known = this.#bodies.get(range.from);
    if (known) return known;
    const { config, frugal, tensors } = this.options;
    const graph = bodyGraph(config, this.#shape, range, parametersInFiles(tensors));
    const session = await this.#load(graph, this.#kept ? ["hidden"] : [], frugal);
    this.#bodies.set(range.from, session);
    return session;
  }

  async #closeBodies(): Promise<void> {
    for (const session of this.#bodies.values()) await session.release();
    this.#bodies.clear();
  }

  /** Returns the hidden states after the blocks: on the device for the whole model, else in JavaScript. */
  async #runBody(
    body: Session,
    { from }: BlockRange,
    batch: ScoringBatch,
    before: HostTensor | DeviceTensor | undefined,
  ): Promise<HostTensor | DeviceTensor> {
    const plane = (data: Int32Array<ArrayBuffer>) => ({
      type: "int32" as const,
      dims: [batch.rows, batch.sequence],
      data,
    });
    const { hidden } = await body.run({
      ...(from === 0 ? { tokens: plane(batch.tokens) } : { before: before! }),
      positions: plane(batch.positions),
      branches: plane(batch.branches),
      trunks: plane(batch.trunks),
    }, this.#kept ? { hidden: this.#kept } : {});
    return this.#kept ?? hidden;
  }

  async #scoreHead(
    { places, targets }: ScoringBatch,
    hidden: HostTensor | DeviceTensor,
  ): Promise<BatchScores> {
    const count = places.length;
    const width = this.#places;
    const logProbabilities = new Float64Array(count);
    const greedy = new Uint8Array(count);
    const head = await this.#openHead();
    for (let start = 0; start < count; start += width) {
      const part = (data: Int32Array) => {
        const padded = new Int32Array(width);
        padded.set(data.subarray(start, start + width));
        return { type: "int32" as const, dims: [width], data: padded };
      };
      const found = await head.run({ hidden, places: part(places), targets: part(targets) });
      const end = Math.min(count, start + width);
      for (let at = start; at < end; at++) {
        logProbabilities[at] = -(found.losses.data[at - start] as number);
        greedy[at] = Number(found.argmax.data[at - start] === targets[at]);
      }
    }
    return { logProbabilities, greedy };
  }

  #load(graph: Graph, kept: string[], frugal: boolean): Promise<Session> {
    return this.engine.load(serializeGraph(graph), kept, frugal);
  }
}
