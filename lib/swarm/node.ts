import type { Bucket } from "../bucket/bucket.ts";
import type { Chain } from "../chain/chain.ts";
import type { Keypair, VerifySignature } from "../chain/keypair.ts";
import type { Clock } from "../clock/clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { StateStore } from "./store/state_store.ts";
import type { Emit } from "./swarm_event.ts";

/** External dependencies of a node. */
export interface NodeDependencies {
  /** Source of time. */
  readonly clock: Clock;
  /** Ledger. */
  readonly chain: Chain;
  /** The node's bucket. */
  readonly bucket: Bucket;
  /** Looks up a node's bucket, as committed on the chain. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** The node's key pair. */
  readonly keypair: Keypair;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Store of the node's states. */
  readonly store: StateStore;
  /** Receives events. */
  readonly emit: Emit;
  /** Wall-clock seconds, for durations only. */
  readonly stopwatch: () => number;
  /** Stops the node between two writes. */
  readonly signal: AbortSignal;
  /** Delay before a retry after a transient bucket or chain error; undefined gives up at once. */
  readonly retrySeconds?: number;
}

/** Identity of a node within a run. */
export interface NodeIdentity {
  /** Number on the chain. */
  readonly uid: number;
  /** Run id. */
  readonly run: string;
  /** Definition shared by the run's nodes. */
  readonly definition: RunDefinition;
  /** Number of windows whose objects are kept in the bucket; undefined keeps all. */
  readonly retainedWindows?: number;
}
