import { createHash } from "node:crypto";
import { Gate } from "../async/gate.ts";
import type { Bucket } from "../bucket/bucket.ts";
import { BucketDecorator } from "../bucket/bucket_decorator.ts";
import { FaultBucket } from "../bucket/fault_bucket.ts";
import { openBucket } from "../bucket/open_bucket.ts";
import type { Chain } from "../chain/chain.ts";
import type { Keypair } from "../chain/keypair.ts";
import type { VirtualClock } from "../clock/virtual_clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Behaviour } from "../swarm/behaviour.ts";
import type { Evaluator } from "../swarm/evaluator.ts";
import type { Learner } from "../swarm/learner.ts";
import type { NodeDependencies } from "../swarm/node.ts";
import { Peer } from "../swarm/peer.ts";
import type { RunDefinition } from "../swarm/run_definition.ts";
import type { MemoryStateStore } from "../swarm/store/memory_state_store.ts";
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { Validator } from "../swarm/validator.ts";
import type { Checkers } from "./checkers.ts";
import { NodeGate } from "./node_gate.ts";
import { verifySimulated } from "./simulated_keys.ts";
import type { FaultSchedule } from "./fault_schedule.ts";
import { type NodeHost, runNode } from "../node/run_node.ts";
import { hostedValidator } from "../node/hosted_validator.ts";
import { hostedPeer } from "../node/hosted_peer.ts";

/** Environment shared by all nodes of a simulation. */
export interface SimulatedWorld {
  /** Shared clock. */
  readonly clock: VirtualClock;
  /** Ledger. */
  readonly chain: Chain;
  /** Buckets by uid, without injected faults. */
  readonly buckets: ReadonlyMap<number, Bucket>;
  /** Run id. */
  readonly run: string;
  /** Run definition. */
  readonly definition: RunDefinition;
  /** Number of windows to run. */
  readonly windows: number;
  /** Number of windows whose objects nodes retain. */
  readonly retainedWindows: number;
  /** Training text. */
  readonly corpus: Corpus;
  /** Learner shared by all peers. */
  readonly learner: Learner;
  /** Evaluator shared by all validators. */
  readonly evaluator: Evaluator;
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Invariant checkers. */
  readonly checkers: Checkers;
  /** Called with every event. */
  readonly emit: (event: SwarmEvent) => void;
}

/** A node: its identity, its faults, and the state that survives a crash. */
export interface SimulatedNode {
  /** Uid on the chain. */
  readonly uid: number;
  /** Whether it is a validator rather than a peer. */
  readonly validates: boolean;
  /** Signing key. */
  readonly keypair: Keypair;
  /** Disk, which a crash may erase. */
  readonly store: MemoryStateStore;
  /** Time at which it joins, milliseconds since 1970. */
  readonly joinsMs: number;
  /** Faults injected into the node. */
  readonly faults: FaultSchedule;
  /** Creates the behaviour of an adversary; undefined for an honest node. */
  readonly behaviour: (() => Behaviour) | undefined;
}

/** Pause before retrying a bucket or chain request that failed. */
const RETRY_SECONDS = 7;
/** Calls of a node to stores at once. */
const CALLS_AT_ONCE = 32;
/** Upper bound of the virtual time that a window's inner steps take. */
const TRAIN_SECONDS_MAX = 150;

/** Runs a node until its windows are done, and restarts it after each crash. */
export async function liveNode(node: SimulatedNode, world: SimulatedWorld): Promise<void> {
  const { clock, checkers } = world;
  await clock.sleepUntil(node.joinsMs);
  for (;;) {
    const gate = new NodeGate(clock, () => node.faults.fate());
    const life = node.validates ? validatorLife(node, world, gate) : peerLife(node, world, gate);
    if (await Promise.race([life, gate.died]) !== "crashed") return;
    await clock.sleepUntil(clock.nowMs() + node.faults.outageSeconds() * 1000);
    if (!node.validates && node.faults.diskIsLost()) {
      node.store.clear();
      checkers.forgot(node.uid);
    }
    checkers.restarted(node.uid);
  }
}

async function peerLife(node: SimulatedNode, world: SimulatedWorld, gate: NodeGate): Promise<void> {
  const { definition, retainedWindows, run } = world;
  const { uid } = node;
  const dependencies = nodeDependencies(node, world, gate);
  const peer = new Peer({ uid, run, definition, retainedWindows }, {
    ...dependencies,
    learner: gate.wrap(watchedLearner(node, world), ["train"]),
    ...(node.behaviour ? { behaviour: node.behaviour() } : {}),
  });
  await runNode(hostedPeer(peer), hostOf(node, world));
}

async function validatorLife(
  node: SimulatedNode,
  world: SimulatedWorld,
  gate: NodeGate,
): Promise<void> {
  const { definition, evaluator, learner, retainedWindows, run } = world;
  const { uid } = node;
  const dependencies = nodeDependencies(node, world, gate);
  const validator = new Validator({ uid, run, definition, retainedWindows }, {
    ...dependencies,
    shapes: learner.shapes,
    evaluator: gate.wrap(
      { losses: (...args) => world.clock.during(() => evaluator.losses(...args)) },
      ["losses"],
    ),
    nonceOf: (window, purpose) =>
      createHash("sha256").update(`${node.keypair.hotkey} ${window} ${purpose}`).digest("hex"),
  });
  await runNode(hostedValidator(validator), hostOf(node, world));
}

function hostOf<State>(
  { faults }: SimulatedNode,
  { initialParameters, windows }: SimulatedWorld,
): NodeHost<State> {
  return {
    initialParameters,
    begins: (window) => {
      if (window < windows) faults.windowBegins();
      return window < windows;
    },
  };
}

/** Builds a node's dependencies, gated at the edge of the network and at that of the disk. */
function nodeDependencies(
  { keypair, store, uid, faults }: SimulatedNode,
  { buckets, chain, checkers, clock, corpus, emit }: SimulatedWorld,
  gate: NodeGate,
): NodeDependencies {
  const gatedClock = gate.wrap(clock, ["sleepUntil"]);
  const { signal } = new AbortController();
  const memory = {
    open: (owner: string) => {
      const faulty: Bucket = new FaultBucket(buckets.get(Number(owner))!, clock, faults);
      return gate.wrap(faulty, ["put", "get", "stream", "head", "list", "delete"]);
    },
    retry: { tries: 4, pauseSeconds: 1 },
    gate: new Gate(CALLS_AT_ONCE),
  };
  const reach = (owner: number): Bucket =>
    openBucket(`memory:${owner}`, { kinds: { memory }, clock: gatedClock, signal });
  return {
    clock: gatedClock,
    chain: gate.wrap(faults.chain(chain), [
      "block",
      "blockTimeMs",
      "registrations",
      "commitment",
      "setWeights",
      "weightsBlock",
    ]),
    bucket: new WatchedBucket(reach(uid), (bytes) => checkers.uploaded(uid, bytes)),
    bucketOf: (owner) => Promise.resolve(buckets.has(owner) ? reach(owner) : undefined),
    keypair,
    verify: verifySimulated,
    corpus,
    store: gate.wrap({
      directory: store.directory,
      windows: () => store.windows(),
      load: (window) => store.load(window),
      save: async (snapshot) => {
        await store.save(snapshot);
        checkers.saved(uid, snapshot);
      },
    }, ["windows", "load", "save"]),
    emit: (event) => {
      if (!gate.dead) emit(event);
    },
    stopwatch: () => 0,
    signal,
    retrySeconds: RETRY_SECONDS,
  };
}

/** Reports a node's uploads to the checkers. */
class WatchedBucket extends BucketDecorator {
  constructor(bucket: Bucket, readonly onUpload: (bytes: Uint8Array) => void) {
    super(bucket);
  }

  override put(...[key, content, options]: Parameters<Bucket["put"]>): ReturnType<Bucket["put"]> {
    if (key.startsWith("submission/") && content instanceof Uint8Array) this.onUpload(content);
    return super.put(key, content, options);
  }
}

/** Wraps the learner so that training takes virtual time and is recorded by the checkers. */
function watchedLearner(
  { uid, faults }: SimulatedNode,
  { checkers, clock, learner }: SimulatedWorld,
): Learner {
  return {
    shapes: learner.shapes,
    optimizer: (state) => learner.optimizer(state),
    train: async (state, steps, hooks) => {
      const result = await clock.during(async () => {
        const result = await learner.train(state, steps, hooks);
        // Read here rather than on save: virtual time must not advance while real work runs.
        await result.optimizer?.read();
        return result;
      });
      await clock.sleepUntil(clock.nowMs() + TRAIN_SECONDS_MAX * 1000 * faults.random.uniform());
      checkers.trained(uid, state.parameters, result.parameters);
      return result;
    },
  };
}
