import type { Bucket } from "../bucket/bucket.ts";
import type { Chain } from "../chain/chain.ts";
import type { Keypair, VerifySignature } from "../chain/keypair.ts";
import type { Clock } from "../clock/clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { StateStore } from "./store/state_store.ts";
import type { Emit } from "./swarm_event.ts";

/** All that a node of a run reaches the world through. */
export interface NodeDependencies {
  /** Time. */
  readonly clock: Clock;
  /** Ledger. */
  readonly chain: Chain;
  /** The node's own bucket. */
  readonly bucket: Bucket;
  /** Bucket of any node, as committed. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** The node's key. */
  readonly keypair: Keypair;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Where states are saved. */
  readonly store: StateStore;
  /** Takes events. */
  readonly emit: Emit;
  /** Real seconds, for durations only. */
  readonly stopwatch: () => number;
  /** Ends the node between two writes. */
  readonly signal: AbortSignal;
  /** Pause before what store or chain refused is tried again; undefined gives up at once. */
  readonly retrySeconds?: number;
}

/** Identity of a node within a run. */
export interface NodeIdentity {
  /** Number on the chain. */
  readonly uid: number;
  /** Run id. */
  readonly run: string;
  /** What the run's nodes share. */
  readonly definition: RunDefinition;
  /** Windows whose objects are kept in the bucket; all when undefined. */
  readonly retainedWindows?: number;
}
