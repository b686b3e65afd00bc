import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DirectoryBucket } from "../../bucket/directory_bucket.ts";
import { verifySignature } from "../../chain/keypair.ts";
import { LocalChain } from "../../chain/local_chain.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import type { Corpus } from "../../corpus/corpus.ts";
import type { ParameterValues } from "../../llama/trainer.ts";
import type { Behaviour } from "../behaviour.ts";
import { cachedVerify } from "./cached_verify.ts";
import type { Evaluator } from "../evaluator.ts";
import { FileStateStore } from "../store/file_state_store.ts";
import type { Learner } from "../learner.ts";
import {
  LOCAL_GENESIS_MS,
  localBucketPath,
  localBuckets,
  localKeypair,
  localNonces,
} from "./local_nodes.ts";
import { registerLocalNodes } from "./local_ledger.ts";
import type { NodeDependencies } from "../node.ts";
import { Peer } from "../peer.ts";
import { freshState, peerStateOf } from "../peer_state.ts";
import { type RunDefinition, runId } from "../run_definition.ts";
import type { StateStore } from "../store/state_store.ts";
import type { Emit } from "../swarm_event.ts";
import { Validator } from "../validator.ts";
import { freshValidatorState, validatorStateOf } from "../validator_state.ts";

/** A swarm whose nodes live in one process and one directory. */
export interface LocalSwarmOptions {
  /** Holds ledger, buckets and the nodes' states. */
  readonly directory: string;
  /** What the nodes share. */
  readonly definition: RunDefinition;
  /** Number of peers; a run that exists must have as many. */
  readonly peers: number;
  /** Behaviours of the last peers; the others are honest. */
  readonly adversaries?: readonly Behaviour[];
  /** Windows to have done in the end, those of earlier calls included. */
  readonly windows: number;
  /** Sequences of one pass. */
  readonly microBatch: number;
  /** Trains for all peers in turn. */
  readonly learner: Learner;
  /** Measures losses for the validator. */
  readonly evaluator: Evaluator;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
  /** Takes events. */
  readonly emit: Emit;
  /** Real seconds, for durations. */
  readonly stopwatch: () => number;
  /** Stops the swarm; what was saved stays valid. */
  readonly signal: AbortSignal;
  /**
   * Called with the validator's state after each window, before any peer begins the next, and at the start of a resumed run with the one it
   * starts from: a stop may have come between the window's end and this call.
   */
  readonly onWindow?: (state: ConsensusState) => Promise<void>;
}

/** What the nodes of a run have in common after a window. */
export interface ConsensusState {
  /** Window to do next. */
  readonly window: number;
  /** Parameters. */
  readonly parameters: ParameterValues;
}

/** Honest peers have come to different states. It must not happen; when it does, training stops. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/**
 * Runs peers and a validator through windows until all are done. Every node has its own bucket, key and
 * state; they meet only through buckets and ledger, as on the internet. Virtual time makes the protocol's
 * waits free.
 *
 * @returns The consensus state after the last window.
 * @throws DivergedError
 * @throws RangeError when the directory holds a swarm of another size.
 */
export async function runLocalSwarm(options: LocalSwarmOptions): Promise<ConsensusState> {
  const { definition, directory, emit, learner: { tensors }, peers, signal } = options;
  const run = runId(definition);
  const folders = [
    ...Array.from({ length: peers }, (_, uid) => `peers/${uid}`),
    `validators/${peers}`,
  ];
  const stores = folders.map((folder) => new FileStateStore(join(directory, folder), tensors));
  const window = await commonWindow(stores);
  const { blocks, blockSeconds } = definition.window;
  const startMs = LOCAL_GENESIS_MS + window * blocks * blockSeconds * 1000;
  const clock = new LockstepClock(startMs, stores.length);
  await mkdir(directory, { recursive: true });
  using chain = new LocalChain(join(directory, "ledger.sqlite"), clock, {
    blockMs: blockSeconds * 1000,
    genesisMs: LOCAL_GENESIS_MS,
  });
  const keypairs = stores.map((_, uid) => localKeypair(run, uid, window));
  if (await registerLocalNodes(chain, keypairs, window)) emit({ event: "resumed", window });
  // One node's failure ends the others' waits.
  const failure = new AbortController();
  for (const uid of stores.keys()) {
    await new DirectoryBucket(join(directory, localBucketPath(uid)), clock).removeLeftovers();
  }
  const verify = cachedVerify(verifySignature);
  const node = (uid: number): NodeDependencies => ({
    clock,
    chain,
    corpus: options.corpus,
    emit,
    stopwatch: options.stopwatch,
    signal: AbortSignal.any([signal, failure.signal]),
    bucketOf: localBuckets(directory, chain, clock),
    verify,
    store: stores[uid],
    keypair: keypairs[uid],
    bucket: new DirectoryBucket(join(directory, localBucketPath(uid)), clock),
  });
  const told = new WindowsTold();
  const identity = (uid: number) => ({ uid, run, definition });
  const validator = new Validator(identity(peers), {
    ...node(peers),
    nonceOf: localNonces(run, peers),
    tensors,
    evaluator: options.evaluator,
  });
  const starts = [
    runValidator(validator, window, options, told).finally(() => clock.leave()),
    ...stores.slice(0, peers).map((_, uid) => {
      const behaviour = options.adversaries?.[uid - peers + options.adversaries.length];
      const dependencies = {
        ...node(uid),
        learner: options.learner,
        ...(behaviour ? { behaviour } : {}),
      };
      const { microBatch } = options;
      const peer = new Peer({ ...identity(uid), microBatch }, dependencies);
      return runPeer(peer, window, options, told).finally(() => clock.leave());
    }),
  ];
  const results = await Promise.allSettled(starts.map((started) =>
    started.catch((cause) => {
      failure.abort(cause);
      throw cause;
    })
  ));
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw signal.aborted ? signal.reason : failure.signal.reason ?? failed.reason;
  return (results[0] as PromiseFulfilledResult<ConsensusState>).value;
}

async function runValidator(
  validator: Validator,
  from: number,
  { initialParameters, learner, onWindow, windows }: LocalSwarmOptions,
  told: WindowsTold,
): Promise<ConsensusState> {
  const { store } = validator.dependencies;
  let state = from > 0
    ? validatorStateOf(await store.load(from))
    : freshValidatorState(learner.tensors, initialParameters);
  const consensus = () => ({ window: state.gauntlet.window, parameters: state.parameters });
  try {
    if (from > 0) await onWindow?.(consensus());
    told.at(from).resolve();
    while (state.gauntlet.window < windows) {
      state = await validator.runWindow(state);
      await onWindow?.(consensus());
      told.at(state.gauntlet.window).resolve();
    }
    return consensus();
  } finally {
    told.close();
  }
}

async function runPeer(
  peer: Peer,
  from: number,
  { initialParameters, learner, windows }: LocalSwarmOptions,
  told: WindowsTold,
): Promise<void> {
  const { behaviour, store } = peer.dependencies;
  let state = from > 0
    ? peerStateOf(await store.load(from))
    : freshState(learner.tensors, initialParameters);
  while (state.window < windows) {
    await told.at(state.window).promise;
    const outcome = await peer.runWindow(state);
    if (!outcome.agrees && !behaviour) {
      throw new DivergedError(
        `Cannot go on: after window ${state.window} most nodes have other parameters than peer ${peer.identity.uid}`,
      );
    }
    state = outcome.state;
  }
}

/**
 * For each window, whether it may begin: the validator has scored the one before and its end was told. One
 * machine gains nothing from doing both at once, and reports come in order.
 */
class WindowsTold {
  readonly #windows = new Map<number, PromiseWithResolvers<void>>();
  #closed = false;

  at(window: number): PromiseWithResolvers<void> {
    const known = this.#windows.get(window) ?? Promise.withResolvers<void>();
    if (this.#closed) known.resolve();
    this.#windows.set(window, known);
    return known;
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    for (const { resolve } of this.#windows.values()) resolve();
  }
}

/**
 * Latest window that every peer has a state for; 0 for a new swarm.
 *
 * @throws RangeError when a peer's states are gone: starting over would destroy the others'.
 */
async function commonWindow(stores: StateStore[]): Promise<number> {
  const windows = await Promise.all(stores.map((store) => store.windows()));
  const common = (windows[0] ?? []).filter((window) =>
    windows.every((list) => list.includes(window))
  );
  const latest = Math.max(0, ...windows.flat());
  if (common.length > 0) return common.at(-1)!;
  if (latest <= 1) return 0;
  const states = stores.map(({ directory }, uid) =>
    `${directory} has ${windows[uid].join(", ") || "none"}`
  );
  throw new RangeError(
    `Cannot resume swarm: its peers have no window in common: ${states.join("; ")}`,
  );
}
