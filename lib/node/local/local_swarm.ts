import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Keypair, verifySignature } from "../../chain/keypair.ts";
import { LocalChain } from "../../chain/local_chain.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import type { Corpus } from "../../corpus/corpus.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import type { Behaviour } from "../../swarm/behaviour.ts";
import { cachedVerify } from "./cached_verify.ts";
import type { Evaluator } from "../../swarm/evaluator.ts";
import { FileStateStore } from "../../swarm/store/file_state_store.ts";
import type { Learner } from "../../swarm/learner.ts";
import {
  cleanLocalBucket,
  LOCAL_GENESIS_MS,
  localBuckets,
  localBucketUri,
  localKeypair,
  localNonces,
  openLocalBucket,
} from "./local_nodes.ts";
import { registerLocalNodes } from "./local_ledger.ts";
import type { NodeDependencies } from "../../swarm/node.ts";
import { Peer } from "../../swarm/peer.ts";
import { type RunDefinition, runId } from "../../swarm/run_definition.ts";
import type { StateStore } from "../../swarm/store/state_store.ts";
import type { Emit } from "../../swarm/swarm_event.ts";
import { Validator } from "../../swarm/validator.ts";
import type { Clock } from "../../clock/clock.ts";
import type { ValidatorState } from "../../swarm/validator_state.ts";
import { hostedPeer } from "../hosted_peer.ts";
import { WindowGates } from "./_window_gates.ts";
import { commonWindow } from "./_common_window.ts";
import { hostedValidator } from "../hosted_validator.ts";
import { allOrNone } from "./_all_or_none.ts";
import { runNode } from "../run_node.ts";

/** Options of a swarm whose nodes share one process and one directory. */
export interface LocalSwarmOptions {
  /** Directory of the ledger, the buckets and the nodes' states. */
  readonly directory: string;
  /** Definition shared by all nodes. */
  readonly definition: RunDefinition;
  /** Number of peers; must match an existing run. */
  readonly peers: number;
  /** Behaviours of the last peers; the others are honest. */
  readonly adversaries?: readonly Behaviour[];
  /** Total number of windows, including those of earlier calls. */
  readonly windows: number;
  /** Trains for all peers in turn. */
  readonly learner: Learner;
  /** Measures losses for the validator. */
  readonly evaluator: Evaluator;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Receives events. */
  readonly emit: Emit;
  /** Wall-clock seconds, for durations. */
  readonly stopwatch: () => number;
  /** Stops the swarm; saved states stay valid. */
  readonly signal: AbortSignal;
  /**
   * Called with the validator's state after each window, before any peer begins the next, and with the
   * initial state of a resumed run, which may have been stopped between the window's end and this call.
   */
  readonly onWindow?: (state: ConsensusState) => Promise<void>;
}

/** State shared by the nodes of a run after a window. */
export interface ConsensusState {
  /** Next window. */
  readonly window: number;
  /** Parameters. */
  readonly parameters: ParameterValues;
}

/** Honest peers have reached different states. This must not happen; if it does, training stops. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/**
 * Runs peers and a validator until all windows are done. Every node has its own bucket, key and state; nodes
 * interact only through buckets and ledger, as on the internet. Virtual time skips the protocol's waits.
 *
 * @returns The consensus state after the last window.
 * @throws DivergedError
 * @throws RangeError when the directory holds a swarm of another size.
 */
export async function runLocalSwarm(options: LocalSwarmOptions): Promise<ConsensusState> {
  const { definition, directory, emit, peers } = options;
  const stores = storesOf(options);
  const window = await commonWindow(stores);
  const { blocks, blockSeconds } = definition.window;
  const startMs = LOCAL_GENESIS_MS + window * blocks * blockSeconds * 1000;
  const clock = new LockstepClock(startMs, stores.length);
  await mkdir(directory, { recursive: true });
  using chain = new LocalChain(join(directory, "ledger.sqlite"), clock, {
    blockMs: blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
  });
  const keypairs = stores.map((_, uid) => localKeypair(runId(definition), uid, window));
  if (await registerLocalNodes(chain, keypairs, window)) emit({ event: "resumed", window });
  for (const uid of stores.keys()) await cleanLocalBucket(directory, uid, clock);
  const gates = new WindowGates();
  const swarm = { options, stores, keypairs, clock, chain, window, gates };
  const runs = stores.map((_, uid) => (signal: AbortSignal) => {
    const run = uid === peers ? runValidator(swarm, signal) : runPeer(swarm, uid, signal);
    return run.finally(() => clock.leave());
  });
  return (await allOrNone(runs, options.signal)).at(-1)!;
}

/** Resources shared by the nodes of a local swarm. */
interface LocalSwarm {
  readonly options: LocalSwarmOptions;
  /** By uid; the last is the validator's. */
  readonly stores: readonly StateStore[];
  readonly keypairs: readonly Keypair[];
  readonly clock: Clock;
  readonly chain: LocalChain;
  /** Window to resume from. */
  readonly window: number;
  readonly gates: WindowGates;
}

async function runValidator(swarm: LocalSwarm, signal: AbortSignal): Promise<ConsensusState> {
  const { gates, options, window } = swarm;
  const { definition, evaluator, initialParameters, learner, onWindow, peers, windows } = options;
  const run = runId(definition);
  const validator = new Validator({ uid: peers, run, definition }, {
    ...dependenciesOf(swarm, peers, signal),
    nonceOf: localNonces(run, peers),
    shapes: learner.shapes,
    evaluator,
  });
  const consensus = ({ gauntlet: { window }, parameters }: ValidatorState) => ({
    window,
    parameters,
  });
  try {
    const state = await runNode(hostedValidator(validator), {
      initialParameters,
      from: window,
      begins: (window) => window < windows,
      onStart: async (state) => {
        if (window > 0) await onWindow?.(consensus(state));
        gates.open(window);
      },
      onWindow: async ({ state }) => {
        await onWindow?.(consensus(state));
        gates.open(state.gauntlet.window);
      },
    });
    return consensus(state);
  } finally {
    gates.close();
  }
}

async function runPeer(
  swarm: LocalSwarm,
  uid: number,
  signal: AbortSignal,
): Promise<ConsensusState> {
  const { gates, options, window } = swarm;
  const { adversaries = [], definition, initialParameters, learner, peers, windows } = options;
  const behaviour = adversaries[uid - peers + adversaries.length];
  const identity = { uid, run: runId(definition), definition };
  const peer = new Peer(identity, {
    ...dependenciesOf(swarm, uid, signal),
    learner,
    ...(behaviour ? { behaviour } : {}),
  });
  return await runNode(hostedPeer(peer), {
    initialParameters,
    from: window,
    begins: async (window) => {
      if (window < windows) await gates.passed(window);
      return window < windows;
    },
    onWindow: ({ agrees, state }) => {
      if (agrees || behaviour) return;
      throw new DivergedError(
        `Cannot continue: after window ${
          state.window - 1
        } most nodes have parameters other than those of peer ${uid}`,
      );
    },
  });
}

function dependenciesOf(
  { chain, clock, keypairs, options, stores }: LocalSwarm,
  uid: number,
  signal: AbortSignal,
): NodeDependencies {
  return {
    clock,
    chain,
    corpus: options.corpus,
    emit: options.emit,
    stopwatch: options.stopwatch,
    signal,
    bucketOf: localBuckets(options.directory, chain, clock, signal),
    verify: VERIFY,
    store: stores[uid],
    keypair: keypairs[uid],
    bucket: openLocalBucket(localBucketUri(uid), options.directory, clock, signal),
  };
}

/** Every node checks the same signatures. */
const VERIFY = cachedVerify(verifySignature);

function storesOf({ directory, learner: { shapes }, peers }: LocalSwarmOptions): StateStore[] {
  const folders = Array.from({ length: peers }, (_, uid) => `peers/${uid}`);
  return [...folders, `validators/${peers}`]
    .map((folder) => new FileStateStore(join(directory, folder), shapes));
}
