import { Corpus } from "../lib/corpus/corpus.ts";
import { simulatedDefinition } from "../lib/simulation/simulated_definition.ts";
import { QuadraticLearner } from "../lib/simulation/quadratic_learner.ts";
import { type LocalSwarmOptions, runLocalSwarm } from "../lib/node/local/local_swarm.ts";
import { stateDigest } from "../lib/sparseloco/state_digest.ts";
import type { SwarmEvent } from "../lib/swarm/swarm_event.ts";

/** Returns the corpus of test runs. */
export function testCorpus(): Corpus {
  return new Corpus(Uint32Array.from({ length: 4000 }, (_, i) => (i * i * 31 + i) % 256), 8);
}

/** Runs a quadratic swarm of three peers in a directory; returns its events and the last digest. */
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
  const { shapes } = options.learner ?? learner;
  return { events, digest: stateDigest(shapes, parameters) };
}
