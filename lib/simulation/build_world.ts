import { QuadraticLearner } from "./quadratic_learner.ts";
import { Corpus } from "../corpus/corpus.ts";
import { MemoryBucket } from "../bucket/memory_bucket.ts";
import { runId } from "../swarm/run_definition.ts";
import type { SimulatedNode, SimulatedWorld } from "./simulated_node.ts";
import { simulatedDefinition } from "./simulated_definition.ts";
import { SimulatedBlocks } from "./simulated_blocks.ts";
import { VirtualClock } from "../clock/virtual_clock.ts";
import type { Scenario } from "./scenario.ts";
import { randomOf } from "./random_of.ts";
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { FaultSchedule } from "./fault_schedule.ts";
import { MemoryChain } from "../chain/memory_chain.ts";
import type { SimulateOptions } from "./simulate_options.ts";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import { simulatedKeypair } from "./simulated_keys.ts";
import { Checkers } from "./checkers.ts";
import { MemoryStateStore } from "../swarm/store/memory_state_store.ts";
/** Virtual time at which simulations begin. */
export const GENESIS_MS = Date.UTC(2026, 0, 1);
/** Windows whose objects nodes retain. A node that is away longer cannot catch up from the log alone. */
const RETAINED_WINDOWS = 12;
/** Most windows that a node starting from nothing may have missed; their objects are still retained. */
const LATEST_START_WINDOWS = RETAINED_WINDOWS - 4;

/** Builds the environment of a simulation: clock, chain, buckets, nodes, checkers. */
export async function buildWorld(
  seed: number,
  scenario: Scenario,
  tell: (timeMs: number, event: SwarmEvent) => void,
  { model }: SimulateOptions,
) {
  const clock = new VirtualClock(GENESIS_MS);
  const corpus = model?.corpus ?? simulatedCorpus();
  const quadratic = new QuadraticLearner(corpus);
  const definition = model?.definition ?? simulatedDefinition();
  const { blocks: perWindow, blockSeconds } = definition.window;
  const windowMs = perWindow * blockSeconds * 1000;
  const faultsEndMs = GENESIS_MS + scenario.windows * windowMs;
  const missed = randomOf(seed, "blocks");
  const blocks = new SimulatedBlocks(
    clock,
    blockSeconds * 1000,
    GENESIS_MS,
    () => clock.nowMs() < faultsEndMs && missed.uniform() < scenario.faults.missedBlock,
  );
  const chain = new MemoryChain(blocks);
  const total = scenario.peers + scenario.validators;
  const nodes = buildNodes(seed, scenario, clock, windowMs);
  for (const { keypair, uid, validates } of nodes) {
    await chain.register(keypair.hotkey, validates ? total - uid : 0);
  }
  const learner = model?.learner ?? quadratic;
  const run = runId(definition);
  const { errorFeedbackDecay: decay, topk } = definition.sparseloco;
  const checkers = new Checkers({
    shapes: learner.shapes,
    run,
    topk,
    decay,
    honest: new Set(nodes.filter(({ behaviour }) => !behaviour).map(({ uid }) => uid)),
    invalid: new Set(
      nodes.filter(({ uid }) => INVALID.has(kindOf(scenario, uid))).map(({ uid }) => uid),
    ),
  });
  const world: SimulatedWorld = {
    clock,
    chain,
    buckets: new Map(nodes.map(({ uid }) => [uid, new MemoryBucket(clock)])),
    run,
    definition,
    windows: scenario.windows + scenario.quietWindows,
    retainedWindows: RETAINED_WINDOWS,
    corpus,
    learner,
    evaluator: model?.evaluator ?? quadratic,
    initialParameters: model?.initialParameters ?? quadratic.initial(),
    checkers,
    emit: (event) => {
      checkers.event(event);
      tell(clock.nowMs(), event);
    },
  };
  return { blocks, chain, nodes, world };
}

/** Kinds of adversaries whose submissions are always refused. */
const INVALID = new Set<string | undefined>(["non-finite", "oversized", "malformed"]);

function buildNodes(
  seed: number,
  scenario: Scenario,
  clock: VirtualClock,
  windowMs: number,
): SimulatedNode[] {
  const total = scenario.peers + scenario.validators;
  const faultsEndMs = GENESIS_MS + scenario.windows * windowMs;
  const failUntilMs = GENESIS_MS + LATEST_START_WINDOWS * windowMs;
  return Array.from({ length: total }, (_, uid): SimulatedNode => {
    const kind = uid < scenario.peers ? kindOf(scenario, uid) : undefined;
    const joining = randomOf(seed, `joining ${uid}`);
    const comesLate = uid < scenario.peers && joining.uniform() < scenario.faults.lateJoin;
    const latest = Math.min(LATEST_START_WINDOWS, scenario.windows);
    return {
      uid,
      validates: uid >= scenario.peers,
      keypair: simulatedKeypair(`node ${uid}`),
      store: new MemoryStateStore(),
      joinsMs: GENESIS_MS + (comesLate ? Math.floor(joining.uniform() * latest * windowMs) : 0),
      faults: new FaultSchedule(
        scenario.faults,
        randomOf(seed, `node ${uid}`),
        clock,
        faultsEndMs,
        failUntilMs,
      ),
      behaviour: kind === undefined ? undefined : ADVERSARIES[kind].create,
    };
  });
}

/** Returns the kind of an adversary; undefined for an honest node. */
function kindOf({ adversaries, peers }: Scenario, uid: number): string | undefined {
  return adversaries[uid - (peers - adversaries.length)];
}

function simulatedCorpus(): Corpus {
  const tokens = Uint32Array.from({ length: 6000 }, (_, i) => (i * i * 31 + i * 7) % 251);
  return new Corpus(tokens, 8);
}
