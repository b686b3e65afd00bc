import { POLICIES } from "../gauntlet/policy.ts";
import type { LlamaConfig } from "../llama/model/llama_config.ts";
import type { ScheduleSettings } from "../sparseloco/schedule.ts";
import type { RunDefinition } from "./run_definition.ts";

/** Parts of a run definition that have defaults. */
export type DefaultSettings =
  & Pick<RunDefinition, "gauntlet" | "sparseloco" | "window">
  & { training: Omit<RunDefinition["training"], "innerSteps" | "batch" | "sequence"> };

/**
 * Returns default settings for a model and a number of inner steps. Wider models get a lower peak learning
 * rate (1.3e-4 at the width of a 72B model).
 */
export function defaultSettings(config: LlamaConfig, steps: number): DefaultSettings {
  const warmupSteps = Math.ceil(steps / 10);
  const schedule: ScheduleSettings = {
    peak: Number((3e-3 * (128 / config.hiddenSize) ** 0.75).toPrecision(3)),
    warmupSteps,
    cosineSteps: steps - warmupSteps,
    floorFraction: 0.1,
  };
  return {
    training: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1, schedule },
    sparseloco: {
      topk: 64,
      errorFeedbackDecay: 0.95,
      aggregation: "selected-mean",
      outerLearningRate: 1,
    },
    gauntlet: POLICIES.templar,
    window: {
      blocks: 115,
      blockSeconds: 12,
      commitSeconds: 30,
      acceptanceSeconds: 70,
      digestSeconds: 120,
    },
  };
}
