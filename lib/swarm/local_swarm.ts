import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DirectoryBucket } from "../bucket/directory_bucket.ts";
import { type Keypair, keypairFromSeed } from "../chain/keypair.ts";
import { LocalChain } from "../chain/local_chain.ts";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { ParameterValues } from "../llama/trainer.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import type { Learner } from "./learner.ts";
import { Peer, type PeerDependencies } from "./peer.ts";
import { freshState, type PeerState, PeerStateStore } from "./peer_state.ts";
import { type RunDefinition, runId } from "./run_definition.ts";
import type { Emit } from "./swarm_event.ts";

/** Virtual time at which every local run begins. */
const GENESIS_MS = Date.UTC(2026, 0, 1);

/** A swarm whose peers live in one process and one directory. */
export interface LocalSwarmOptions {
  /** Holds ledger, buckets and the peers' states. */
  readonly directory: string;
  /** What the peers share. */
  readonly definition: RunDefinition;
  /** Number of peers; a run that exists must have as many. */
  readonly peers: number;
  /** Windows to have done in the end, those of earlier calls included. */
  readonly windows: number;
  /** Sequences of one pass. */
  readonly microBatch: number;
  /** Trains for all peers in turn. */
  readonly learner: Learner;
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
   * Called with the consensus state after each window, before any peer begins the next, and at the start of a resumed run with the one it
   * starts from: a stop may have come between the window's end and this call.
   */
  readonly onWindow?: (state: PeerState, digest: string) => Promise<void>;
}

/** Honest peers have come to different states. It must not happen; when it does, training stops. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

/**
 * Runs peers through windows until all are done. Every peer uses its own bucket, key, error feedback and
 * optimizer; they meet only through buckets and ledger, as on the internet. Virtual time makes the
 * protocol's waits free.
 *
 * @returns The consensus state after the last window.
 * @throws DivergedError
 * @throws RangeError when the directory holds a swarm of another size.
 */
export async function runLocalSwarm(options: LocalSwarmOptions): Promise<PeerState> {
  const { definition, directory, peers, signal } = options;
  const run = runId(definition);
  const stores = Array.from(
    { length: peers },
    (_, uid) => new PeerStateStore(join(directory, "peers", String(uid)), options.learner.tensors),
  );
  const window = await commonWindow(stores);
  const { blocks, blockSeconds } = definition.window;
  const clock = new LockstepClock(GENESIS_MS + window * blocks * blockSeconds * 1000, peers);
  await mkdir(directory, { recursive: true });
  using chain = new LocalChain(join(directory, "ledger.sqlite"), clock, {
    blockMs: blockSeconds * 1000,
    genesisMs: GENESIS_MS,
  });
  const keypairs = Array.from({ length: peers }, (_, uid) => localKeypair(run, uid, window));
  if (await registerAll(chain, keypairs, window)) options.emit({ event: "resumed", window });
  // One peer's failure ends the others' waits.
  const failure = new AbortController();
  const bucketAt = (path: string) => new DirectoryBucket(join(directory, path), clock);
  for (const uid of stores.keys()) await bucketAt(`buckets/${uid}`).removeLeftovers();
  const shared: Omit<PeerDependencies, "bucket" | "keypair" | "store"> = {
    ...options,
    clock,
    chain,
    signal: AbortSignal.any([signal, failure.signal]),
    bucketOf: async (uid) => {
      const path = (await chain.commitment(uid))?.match(/^directory:(buckets\/\d+)$/)?.[1];
      return path === undefined ? undefined : bucketAt(path);
    },
  };
  const states = await Promise.all(
    stores.map((store) =>
      window > 0
        ? store.load(window)
        : freshState(options.learner.tensors, options.initialParameters)
    ),
  );
  if (window > 0) {
    await options.onWindow?.(states[0], stateDigest(options.learner.tensors, states[0].parameters));
  }
  const told = new WindowsTold();
  const starts = stores.map((store, uid) => {
    const peer = new Peer({ uid, run, definition, microBatch: options.microBatch }, {
      ...shared,
      store,
      keypair: keypairs[uid],
      bucket: bucketAt(`buckets/${uid}`),
    });
    return runPeer(peer, states[uid], options, told).finally(() => clock.leave());
  });
  const results = await Promise.allSettled(starts.map((started) =>
    started.catch((cause) => {
      failure.abort(cause);
      throw cause;
    })
  ));
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw signal.aborted ? signal.reason : failure.signal.reason ?? failed.reason;
  return (results[0] as PromiseFulfilledResult<PeerState>).value;
}

async function runPeer(
  peer: Peer,
  state: PeerState,
  { onWindow, windows }: LocalSwarmOptions,
  told: WindowsTold,
): Promise<PeerState> {
  while (state.window < windows) {
    const { window } = state;
    try {
      const { agrees, digest } = await peer.runWindow(state);
      if (!agrees) {
        throw new DivergedError(
          `Cannot go on: after window ${window} most peers have other parameters than peer ${peer.identity.uid}`,
        );
      }
      if (peer.identity.uid === 0) await onWindow?.(state, digest);
    } finally {
      if (peer.identity.uid === 0) told.at(window).resolve();
    }
    await told.at(window).promise;
  }
  return state;
}

/** For each window, whether its end was told: peers wait for that, so that reports come in order. */
class WindowsTold {
  readonly #windows = new Map<number, PromiseWithResolvers<void>>();

  at(window: number): PromiseWithResolvers<void> {
    const known = this.#windows.get(window) ?? Promise.withResolvers<void>();
    this.#windows.set(window, known);
    return known;
  }
}

/**
 * Latest window that every peer has a state for; 0 for a new swarm.
 *
 * @throws RangeError when a peer's states are gone: starting over would destroy the others'.
 */
async function commonWindow(stores: PeerStateStore[]): Promise<number> {
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

/** Keys of a local swarm guard nothing: they follow from the run's id, so that a run can be repeated. */
function localKeypair(run: string, uid: number, window: number): Keypair {
  const seed = createHash("sha256").update(`covey local peer ${run} ${uid}`).digest();
  const nonces = createHash("sha256").update(`covey local nonces ${run} ${uid} ${window}`).digest();
  return keypairFromSeed(seed, new SeededRandom(nonces.readBigUInt64LE()));
}

/** Registers what is not registered yet; gives whether the ledger knew any of the peers. */
async function registerAll(
  chain: LocalChain,
  keypairs: Keypair[],
  window: number,
): Promise<boolean> {
  const registrations = await chain.registrations();
  const known = registrations.length;
  // Nothing is written to a ledger that is not this run's.
  if (
    registrations.some(({ hotkey, uid }) =>
      uid < keypairs.length && hotkey !== keypairs[uid].hotkey
    )
  ) {
    throw new RangeError("Cannot resume swarm: the ledger belongs to another run");
  }
  // A ledger that is gone is made again; one that knows other peers is another swarm's.
  if (known > keypairs.length || (window > 0 && known > 0 && known !== keypairs.length)) {
    throw new RangeError(
      `Cannot resume swarm: it has ${known} peers, asked for ${keypairs.length}`,
    );
  }
  for (const [uid, { hotkey }] of keypairs.entries()) {
    await chain.register(hotkey);
    await chain.commit(hotkey, `directory:buckets/${uid}`);
  }
  return known > 0 || window > 0;
}
