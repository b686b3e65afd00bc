import { createHash } from "node:crypto";
import { MemoryChain } from "../chain/memory_chain.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import { applySubmissions } from "../swarm/apply_submissions.ts";
import { fetchAccepted } from "../swarm/examination/fetch_accepted.ts";
import { readStatement } from "../swarm/statement/signed_object.ts";
import { VERDICT } from "../swarm/statement/verdict.ts";
import { checkEpochs } from "./check_epochs.ts";
import { randomScenario, type Scenario } from "./scenario.ts";
import { SimulatedBlocks } from "./simulated_blocks.ts";
import { verifySimulated } from "./simulated_keys.ts";
import { liveNode, type SimulatedWorld } from "./simulated_node.ts";
import { buildWorld, GENESIS_MS } from "./build_world.ts";
import type { SimulateOptions } from "./simulate_options.ts";
import { randomOf } from "./random_of.ts";

/** Result of a simulation. */
export interface SimulationResult {
  /** Scenario that was simulated. */
  readonly scenario: Scenario;
  /** Violated invariants; empty when there are none. */
  readonly violations: readonly string[];
  /** SHA-256 of all events, identical for the same seed. */
  readonly trace: string;
  /** Number of windows that every honest node has concluded. */
  readonly windows: number;
}

/** Number of last windows that are replayed at the end. */
const REPLAYED_WINDOWS = 8;
/** Windows after the last fault within which every honest node must catch up. */
const RECOVERY_WINDOWS = 3;
/** Objects per node and window; a validator also holds two copies per submission. */
const OBJECTS_A_WINDOW = 3;
/** Upper bound of pending sleepers per node. */
const SLEEPERS_A_NODE = 40;
/** Upper bound of blocks that a reorganisation drops. */
const REORGANISED_BLOCKS = 6;

/**
 * Runs peers and validators with the production code on virtual time; the seed determines every fault.
 *
 * @example A swarm under faults violates no invariant
 * ```ts
 * import { simulate } from "./simulate.ts";
 * import assert from "node:assert/strict";
 *
 * const { violations } = await simulate(7);
 * assert.deepEqual(violations, []);
 * ```
 */
export async function simulate(
  seed: number,
  options: SimulateOptions = {},
): Promise<SimulationResult> {
  const scenario = options.scenario ?? randomScenario(randomOf(seed, "scenario"));
  const hash = createHash("sha256");
  const { blocks, chain, nodes, world } = await buildWorld(seed, scenario, (timeMs, event) => {
    hash.update(JSON.stringify([timeMs, event]));
    options.trace?.(timeMs, event);
  }, options);
  const { checkers, clock, definition, windows } = world;
  const windowMs = definition.window.blocks * definition.window.blockSeconds * 1000;
  let left = nodes.length;
  for (const node of nodes) {
    liveNode(node, world).then(() => left--, (error) => {
      checkers.fail(`node ${node.uid} ended: ${error.stack ?? error}`);
      left = 0;
    });
  }
  watch(seed, scenario, { blocks, chain, world, windowMs });
  checkRecovery(scenario, blocks, world);
  // Twice the expected time, since missed blocks make windows longer.
  const untilMs = GENESIS_MS + (windows + 4) * windowMs * 2;
  if (!await clock.run(() => left <= 0, untilMs)) {
    const behind = nodes.map(({ uid }) => `${uid}: ${checkers.concluded.get(uid) ?? 0}`);
    checkers.fail(`not all nodes finished: ${behind.join(", ")}`);
  }
  if (checkers.violations.length === 0) await checkReplay(world);
  checkEpochs(chain, definition, checkers);
  const done = [...checkers.world.honest].map((uid) => checkers.concluded.get(uid) ?? 0);
  return {
    scenario,
    violations: checkers.violations,
    trace: hash.digest("hex"),
    windows: Math.min(...done),
  };
}

/** Checks resource bounds once per window, and makes the chain lose blocks. */
async function watch(
  seed: number,
  scenario: Scenario,
  { blocks, chain, windowMs, world }: {
    blocks: SimulatedBlocks;
    chain: MemoryChain;
    windowMs: number;
    world: SimulatedWorld;
  },
): Promise<void> {
  const { buckets, checkers, clock, retainedWindows, windows } = world;
  const random = randomOf(seed, "chain");
  const nodes = buckets.size;
  for (let turn = 1;; turn++) {
    await clock.sleepUntil(GENESIS_MS + (turn + 0.99) * windowMs);
    const faulty = clock.nowMs() < GENESIS_MS + scenario.windows * windowMs;
    if (faulty && random.uniform() < scenario.faults.reorganisation) {
      chain.dropSince(blocks.lose(1 + Math.floor(random.uniform() * REORGANISED_BLOCKS)));
    }
    if (clock.waiting > nodes * SLEEPERS_A_NODE) {
      checkers.fail(`${clock.waiting} sleepers wait in window ${turn}`);
    }
    for (const [uid, bucket] of buckets) {
      const copies = uid < scenario.peers ? 0 : 2 * scenario.peers;
      const objectsMax = (retainedWindows + 3) * (OBJECTS_A_WINDOW + copies);
      const count = (await bucket.list("")).length;
      if (count > objectsMax) checkers.fail(`bucket ${uid} holds ${count} objects`);
    }
    if (Math.floor(blocks.block() / world.definition.window.blocks) >= windows) return;
  }
}

/** Checks that every honest node has caught up `RECOVERY_WINDOWS` after the last fault. */
async function checkRecovery(
  scenario: Scenario,
  blocks: SimulatedBlocks,
  { checkers, clock, definition: { window }, windows }: SimulatedWorld,
): Promise<void> {
  const { acceptanceSeconds, blockSeconds, digestSeconds } = window;
  // Missed blocks delay the chain's windows relative to the clock.
  await clock.sleepUntil(
    GENESIS_MS + scenario.windows * window.blocks * blockSeconds * 1000,
  );
  const first = Math.floor(blocks.block() / window.blocks) + 1;
  const wanted = first + RECOVERY_WINDOWS;
  checkers.faultlessWindow = wanted - 1;
  if (wanted > windows) return;
  while (blocks.block() < wanted * window.blocks) {
    await clock.sleepUntil(clock.nowMs() + blockSeconds * 1000);
  }
  await clock.sleepUntil(clock.nowMs() + (acceptanceSeconds + digestSeconds + 30) * 1000);
  for (const uid of checkers.world.honest) {
    const concluded = checkers.concluded.get(uid) ?? 0;
    if (concluded >= wanted) continue;
    checkers.fail(
      `node ${uid} has concluded ${concluded} windows ${RECOVERY_WINDOWS} after the last fault, want ${wanted}`,
    );
  }
}

/** Checks that replaying the last windows from the log reproduces the digest after each. */
async function checkReplay(
  { buckets, checkers, chain, definition, initialParameters, learner, run, windows }:
    SimulatedWorld,
): Promise<void> {
  const registrations = await chain.registrations();
  const leader = registrations.find(({ stake }) =>
    stake === Math.max(...registrations.map((each) => each.stake))
  )!;
  const leaderBucket = buckets.get(leader.uid)!;
  const first = Math.max(0, windows - REPLAYED_WINDOWS);
  let parameters = first === 0 ? initialParameters : checkers.parametersAt(first);
  if (!parameters) {
    return checkers.fail(`no honest node has saved the state before window ${first}`);
  }
  for (let window = first; window < windows; window++) {
    const about = { run, window };
    const verdict = await readStatement(leaderBucket, VERDICT, about, leader, verifySimulated);
    if (!verdict) return checkers.fail(`the verdict of window ${window} is missing`);
    const context = { run, window, topk: definition.sparseloco.topk, shapes: learner.shapes };
    const accepted = await fetchAccepted(verdict.content, {
      context,
      verify: verifySimulated,
      registrations,
      bucketOf: (uid) => Promise.resolve(buckets.get(uid)),
      leaderBucket,
    });
    parameters = applySubmissions(learner.shapes, parameters, accepted, definition.sparseloco);
    const digest = stateDigest(learner.shapes, parameters);
    if (digest !== checkers.digests.get(window)) {
      return checkers.fail(`replay of window ${window} gives digest ${digest.slice(0, 8)}`);
    }
  }
}
