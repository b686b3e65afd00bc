import type { BatchScorer, ScoringPlan } from "../../lib/evaluation/checkpoint_model.ts";
import type { TextGenerator } from "../../lib/evaluation/write_answers.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { productRate } from "../../lib/engine/product_rate.ts";
import { parameterCount } from "../../lib/llama/model/parameters.ts";
import { TokenGenerator } from "../../lib/llama/generation/token_generator.ts";
import { Scorer } from "../../lib/llama/scoring/scorer.ts";
import type { ScoringShape } from "../../lib/llama/scoring/scoring_batch.ts";
import { scoringLayout, writingRows } from "../../lib/llama/scoring/scoring_memory.ts";
import { formatBytes } from "../../lib/report/format_quantity.ts";
import type { EvalModel } from "./open_model.ts";
import type { EvalOptions } from "./parse.ts";
import type { EvalProgress } from "./progress.ts";
import type { CommandDependencies } from "../command.ts";

/** Part of the rate of one large product that a whole model comes to. */
const EFFICIENCY = 0.6;

/** A model that is opened when there is something to compute. */
export interface OpenableModel {
  /** Opens it to score. */
  readonly open: (plan: ScoringPlan) => Promise<BatchScorer>;
  /** Opens it to write. */
  readonly openGenerator: (texts: number) => Promise<TextGenerator>;
  /** Texts to write at once, by the tokens of the longest. */
  readonly writingRows: (tokens: number) => number;
  /** Frees what was opened. */
  readonly close: () => Promise<void>;
}

/** Finds out how the model fits into this machine, and says so before anything is computed. */
export function openableModel(
  options: EvalOptions,
  { memoryBytes, openEngine, stopwatch }: CommandDependencies,
  { bytes, config, tensors }: EvalModel,
  progress: EvalProgress,
): OpenableModel {
  let engine: Engine | undefined;
  let scorer: Scorer | undefined;
  let generator: TokenGenerator | undefined;
  const memory = memoryBytes();
  const layoutFor = (shape: ScoringShape) =>
    scoringLayout(config, bytes, memory, shape, options.blocks);
  const start = async () => engine ??= await openEngine(options.device, options.threads ?? 0);
  return {
    open: async (plan) => {
      const layout = layoutFor(plan.shape);
      scorer = new Scorer(await start(), { config, tensors, ...layout });
      const work = 2 * parameterCount(config) * plan.tokens;
      const seconds = work / (EFFICIENCY * await productRate(engine!, stopwatch));
      const whole = layout.blocksAtOnce >= config.layers;
      const how = `${engine!.device}, ${
        whole
          ? `the whole model${layout.frugal ? " as it lies in its files" : ""}`
          : `${layout.blocksAtOnce} of ${config.layers} blocks at a time`
      }, about ${formatBytes(layout.bytes)} of memory`;
      progress.plan(plan, how, seconds);
      return scorer;
    },
    openGenerator: async (texts) => {
      // Weights prepacked for scoring would take the memory.
      await scorer?.close();
      progress.line(`plan    ${texts} answers to write`);
      if (options.blocks !== undefined && options.blocks < config.layers) {
        progress.line(
          "note    --blocks counts for scoring: answers are written by the whole model",
        );
      }
      const { frugal } = layoutFor({ rows: 16, sequence: 64 });
      return generator = new TokenGenerator(await start(), { config, tensors, frugal });
    },
    writingRows: (tokens) => writingRows(config, memory, tokens),
    close: async () => {
      try {
        await scorer?.close();
        await generator?.close();
      } finally {
        await engine?.close();
      }
    },
  };
}
