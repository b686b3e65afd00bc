import assert from "node:assert/strict";
import { join } from "node:path";
import { QuadraticLearner } from "../../simulation/quadratic_learner.ts";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { runTestSwarm, testCorpus } from "../../../testing/swarm_run.ts";
import { withDirectory } from "../../../testing/with_directory.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LocalChain } from "../../chain/local_chain.ts";
import { PastClock } from "../../clock/past_clock.ts";
import { SystemClock } from "../../clock/system_clock.ts";
import { runId } from "../../swarm/run_definition.ts";
import type { SwarmEvent } from "../../swarm/swarm_event.ts";
import { WindowClock } from "../../swarm/window_clock.ts";
import { followRun } from "./follow_run.ts";
import { LOCAL_GENESIS_MS, localBuckets } from "./local_nodes.ts";
import type { Clock } from "../../clock/clock.ts";

const definition = simulatedDefinition();

function openLedger(directory: string, clock: Clock): LocalChain {
  return new LocalChain(join(directory, "ledger.sqlite"), clock, {
    blockMs: definition.window.blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
  });
}

/** Follows a run until all is scored; gives the windows that were. */
async function follow(directory: string): Promise<number[]> {
  const corpus = testCorpus();
  const learner = new QuadraticLearner(corpus);
  const past = new PastClock();
  using chain = openLedger(directory, past);
  const events: SwarmEvent[] = [];
  await followRun({
    directory,
    run: runId(definition),
    definition,
    chain,
    windows: new WindowClock(chain, past, definition.window),
    bucketOf: localBuckets(directory, chain, past),
    verify: verifySignature,
    shapes: learner.shapes,
    corpus,
    evaluator: learner,
    initialParameters: learner.initial(),
    past,
    clock: new SystemClock(),
    emit: (event) => events.push(event),
    stopwatch: () => 0,
    signal: new AbortController().signal,
    isOver: () => true,
  });
  return events.flatMap((each) => each.event === "scored" ? [each.window] : []);
}

Deno.test("a validator that follows scores every window, sets weights, and goes on where it was", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 3);
    assert.deepEqual(await follow(directory), [0, 1, 2]);
    assert.deepEqual(await follow(directory), []);
    await runTestSwarm(directory, 6);
    assert.deepEqual(await follow(directory), [3, 4, 5]);
    using chain = openLedger(directory, new PastClock());
    const [leader, follower] = await Promise.all([chain.weights(3), chain.weights(4)]);
    assert.ok(leader.length > 0 && follower.length > 0);
    assert.ok((await chain.weightsBlock(4) ?? 0) >= 120);
  });
});
