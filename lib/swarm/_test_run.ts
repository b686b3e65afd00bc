import { Corpus } from "../corpus/corpus.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";
import { QuadraticLearner } from "../simulation/quadratic_learner.ts";
import { type LocalSwarmOptions, runLocalSwarm } from "./local/local_swarm.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import type { SwarmEvent } from "./swarm_event.ts";

/** Text of test runs. */
export function testCorpus(): Corpus {
  return new Corpus(Uint32Array.from({ length: 4000 }, (_, i) => (i * i * 31 + i) % 256), 8);
}

/** Runs a quadratic swarm of three peers in a directory; gives its events and the last digest. */
export async function runTestSwarm(
  directory: string,
  windows: number,
  options: Partial<LocalSwarmOptions> = {},
): Promise<{ events: SwarmEvent[]; digest: string }> {
  const corpus = testCorpus();
  const learner = new QuadraticLearner(corpus);
  const events: SwarmEvent[] = [];
  const { parameters } = await runLocalSwarm({
    directory,
    definition: simulatedDefinition(),
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
