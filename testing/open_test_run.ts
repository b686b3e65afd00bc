import { join } from "node:path";
import { verifySignature } from "../lib/chain/keypair.ts";
import { LocalChain } from "../lib/chain/local_chain.ts";
import { FrozenClock } from "../lib/clock/frozen_clock.ts";
import { LOCAL_GENESIS_MS, localBuckets } from "../lib/node/local/local_nodes.ts";
import { QuadraticLearner } from "../lib/simulation/quadratic_learner.ts";
import { simulatedDefinition } from "../lib/simulation/simulated_definition.ts";
import { runId } from "../lib/swarm/run_definition.ts";
import { WindowClock } from "../lib/swarm/window_clock.ts";
import { testCorpus } from "./swarm_run.ts";

/** Opens the directory of a finished test swarm, for a replay or a validator that follows; close its chain. */
export function openTestRun(directory: string) {
  const definition = simulatedDefinition();
  const past = new FrozenClock();
  const chain = new LocalChain(join(directory, "ledger.sqlite"), past, {
    blockMs: definition.window.blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
  });
  const corpus = testCorpus();
  const learner = new QuadraticLearner(corpus);
  const { signal } = new AbortController();
  return {
    run: runId(definition),
    definition,
    chain,
    past,
    windows: new WindowClock(chain, past, definition.window),
    bucketOf: localBuckets(directory, chain, past, signal),
    verify: verifySignature,
    shapes: learner.shapes,
    corpus,
    evaluator: learner,
    initialParameters: learner.initial(),
    signal,
    [Symbol.dispose]: () => chain[Symbol.dispose](),
  };
}
