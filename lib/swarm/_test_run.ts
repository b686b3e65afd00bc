import { Corpus } from "../corpus/corpus.ts";
import { POLICIES } from "../gauntlet/policy.ts";
import { QuadraticLearner } from "../simulation/quadratic_learner.ts";
import { type LocalSwarmOptions, runLocalSwarm } from "./local_swarm.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { SwarmEvent } from "./swarm_event.ts";

/** A small run definition for tests. */
export function testDefinition(): RunDefinition {
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
      // All peers of so simple a model send much the same entries.
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

/** Runs a quadratic swarm of three peers in a directory; gives its events and the last digest. */
export async function runTestSwarm(
  directory: string,
  windows: number,
  options: Partial<LocalSwarmOptions> = {},
): Promise<{ events: SwarmEvent[]; digest: string }> {
  const tokens = Uint32Array.from({ length: 4000 }, (_, i) => (i * i * 31 + i) % 256);
  const corpus = new Corpus(tokens, 8);
  const learner = new QuadraticLearner(corpus);
  const events: SwarmEvent[] = [];
  const { parameters } = await runLocalSwarm({
    directory,
    definition: testDefinition(),
    peers: 3,
    windows,
    microBatch: 2,
    learner,
    evaluator: learner,
    corpus,
    initialParameters: learner.initial(),
    stopwatch: () => 0,
    signal: new AbortController().signal,
    ...options,
    emit: (event) => {
      events.push(event);
      options.emit?.(event);
    },
  });
  const { tensors } = options.learner ?? learner;
  return { events, digest: stateDigest(tensors, parameters) };
}

/** Gives a test a directory of its own. */
export async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "covey-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
