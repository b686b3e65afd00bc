import type { BatchScorer, ScoringPlan } from "../lib/evaluation/checkpoint_model.ts";
import type { Engine } from "../lib/engine/engine.ts";
import { productRate } from "../lib/engine/product_rate.ts";
import { parameterCount } from "../lib/llama/parameters.ts";
import { Scorer } from "../lib/llama/scorer.ts";
import { scoringLayout } from "../lib/llama/scoring_memory.ts";
import { formatBytes } from "../lib/terminal/format_quantity.ts";
import type { EvalModel } from "./_eval_model.ts";
import type { EvalOptions } from "./_eval_options.ts";
import type { EvalProgress } from "./_eval_progress.ts";
import type { CommandDependencies } from "./command.ts";

/** Part of the rate of one large product that a whole model comes to. */
const EFFICIENCY = 0.6;

/** A scorer that is opened when there is something to compute. */
export function openScorer(
  options: EvalOptions,
  dependencies: CommandDependencies,
  model: EvalModel,
  progress: EvalProgress,
): { open: (plan: ScoringPlan) => Promise<BatchScorer>; close: () => Promise<void> } {
  let engine: Engine | undefined;
  let scorer: Scorer | undefined;
  return {
    open: async (plan) => {
      const { memoryBytes, openEngine, stopwatch } = dependencies;
      engine = await openEngine(options.device, options.threads ?? 0);
      const { config, tensors } = model;
      const fileBytes = tensors.values().reduce((sum, { end, start }) => sum + end - start, 0);
      const layout = scoringLayout(config, fileBytes, memoryBytes(), plan.shape, options.blocks);
      scorer = new Scorer(engine, { config, tensors, ...layout });
      const work = 2 * parameterCount(config) * plan.tokens;
      const seconds = work / (EFFICIENCY * await productRate(engine, stopwatch));
      const whole = layout.blocksAtOnce >= config.layers;
      const how = `${engine.device}, ${
        whole
          ? `the whole model${layout.frugal ? " as it lies in its files" : ""}`
          : `${layout.blocksAtOnce} of ${config.layers} blocks at a time`
      }, about ${formatBytes(layout.bytes)} of memory`;
      progress.plan(plan, how, seconds);
      return scorer;
    },
    close: async () => {
      await scorer?.close();
      await engine?.close();
    },
  };
}
