import type { Engine } from "../../engine/engine.ts";
import { productRate } from "../../engine/product_rate.ts";
import type { LocatedModel } from "../../checkpoint/locate_model.ts";
import { TokenGenerator } from "../../llama/generation/token_generator.ts";
import { parameterCount } from "../../llama/model/parameters.ts";
import { Scorer } from "../../llama/scoring/scorer.ts";
import type { ScoringShape } from "../../llama/scoring/scoring_batch.ts";
import {
  type ScoringLayout,
  scoringLayout,
  writingRows,
} from "../../llama/scoring/scoring_memory.ts";
import type { BatchScorer, ScoringPlan } from "../checkpoint_model.ts";
import type { TextGenerator } from "../write_answers.ts";

/** Part of the rate of one large product that a whole model reaches. */
const EFFICIENCY = 0.6;

/** What running a model needs. */
export interface EngineModelOptions {
  /** Opens the engine; called once, when there is something to compute. */
  readonly openEngine: () => Promise<Engine>;
  /** Bytes of memory that can be had. */
  readonly memoryBytes: number;
  /** Blocks whose weights are held at once; undefined lets memory decide. */
  readonly blocks: number | undefined;
  /** Real seconds. */
  readonly stopwatch: () => number;
  /** Called before scoring, with how the model will be held and an estimate of the duration. */
  readonly onPlan: (plan: ScoringPlan, estimate: ScoringEstimate) => void;
  /** Called before writing, with the number of answers. */
  readonly onWriting: (texts: number) => void;
}

/** How a scoring plan will be carried out. */
export interface ScoringEstimate {
  /** What computes. */
  readonly device: string;
  /** How the model is held. */
  readonly layout: ScoringLayout;
  /** Estimated duration, seconds. */
  readonly seconds: number;
}

/** A model that is loaded onto an engine when there is something to compute, in a layout that fits memory. */
export class EngineModel {
  #engine: Promise<Engine> | undefined;
  #scorer: Scorer | undefined;
  #generator: TokenGenerator | undefined;

  constructor(
    readonly model: Pick<LocatedModel, "bytes" | "config" | "tensors">,
    readonly options: EngineModelOptions,
  ) {}

  /** Loads the model for scoring. */
  async openScorer(plan: ScoringPlan): Promise<BatchScorer> {
    const { config, tensors } = this.model;
    const { onPlan, stopwatch } = this.options;
    const layout = this.#layout(plan.shape);
    const engine = await this.#open();
    this.#scorer = new Scorer(engine, { config, tensors, ...layout });
    const work = 2 * parameterCount(config) * plan.tokens;
    const seconds = work / (EFFICIENCY * await productRate(engine, stopwatch));
    onPlan(plan, { device: engine.device, layout, seconds });
    return this.#scorer;
  }

  /** Loads the model for writing answers. */
  async openGenerator(texts: number): Promise<TextGenerator> {
    const { config, tensors } = this.model;
    // Weights prepacked for scoring would take the memory.
    await this.#scorer?.close();
    this.options.onWriting(texts);
    const { frugal } = this.#layout({ rows: 16, sequence: 64 });
    return this.#generator = new TokenGenerator(await this.#open(), { config, tensors, frugal });
  }

  /** Number of texts to write at once, by the tokens of the longest. */
  writingRows(tokens: number): number {
    return writingRows(this.model.config, this.options.memoryBytes, tokens);
  }

  /** Frees what was opened. */
  async close(): Promise<void> {
    try {
      await this.#scorer?.close();
      await this.#generator?.close();
    } finally {
      // An engine that did not open has said so already.
      await (await this.#engine?.catch(() => undefined))?.close();
    }
  }

  #open(): Promise<Engine> {
    return this.#engine ??= this.options.openEngine();
  }

  #layout(shape: ScoringShape): ScoringLayout {
    const { bytes, config } = this.model;
    return scoringLayout(config, bytes, this.options.memoryBytes, shape, this.options.blocks);
  }
}
