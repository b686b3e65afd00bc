import { POLICIES } from "../gauntlet/policy.ts";
import type { RunDefinition } from "../swarm/run_definition.ts";

/** Defines simulated runs: four-minute windows, few samples, everything else as usual. */
export function simulatedDefinition(): RunDefinition {
  return {
    version: 2,
    seed: 0,
    model: {},
    corpus: "c0".repeat(32),
    initialState: "10".repeat(32),
    training: {
      innerSteps: 4,
      batch: 2,
      sequence: 8,
      betas: [0.9, 0.95],
      epsilon: 1e-8,
      weightDecay: 0.1,
      clipNorm: 1,
      schedule: { peak: 0.1, warmupSteps: 2, cosineSteps: 40, floorFraction: 0.1 },
    },
    sparseloco: {
      topk: 64,
      errorFeedbackDecay: 0.95,
      aggregation: "selected-mean",
      outerLearningRate: 1,
    },
    gauntlet: {
      ...POLICIES.templar,
      evaluation: { ...POLICIES.templar.evaluation, ownSamples: 8, randomSamples: 16 },
      // With a model this simple, all peers send nearly the same entries.
      copies: { afterSteps: 0, high: 0.9, max: 0.95, mega: 0.98 },
    },
    window: {
      blocks: 20,
      blockSeconds: 12,
      commitSeconds: 20,
      acceptanceSeconds: 70,
      digestSeconds: 30,
    },
  };
}
