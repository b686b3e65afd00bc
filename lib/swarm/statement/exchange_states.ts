import { Gate } from "../../async/gate.ts";
import { mapParallel } from "../../async/map_parallel.ts";
import type { Bucket } from "../../bucket/bucket.ts";
import type { Chain, Registration } from "../../chain/chain.ts";
import type { Keypair, VerifySignature } from "../../chain/keypair.ts";
import { challengedElements, challengeSlices } from "../../gauntlet/challenge.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { isTransient } from "../retry_transient.ts";
import { leaderOf, trainersOf } from "../roles.ts";
import { publishStatement, readStatement, type Statement } from "./signed_object.ts";
import { encodeElements, STATE_STATEMENT, type StateStatement } from "./state_statement.ts";
import type { WindowTimes } from "../window_clock.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

/**
 * Publishes the digest of a node's state and the elements that the verdict requests from this node.
 */
export async function publishState({ about, bucket, digest, keypair, nonce, state, shapes }: {
  readonly about: { readonly run: string; readonly window: number; readonly uid: number };
  readonly bucket: Bucket;
  readonly digest: string;
  readonly keypair: Keypair;
  readonly nonce: string;
  readonly state: ParameterValues;
  readonly shapes: readonly TensorShape[];
}): Promise<void> {
  const values = shapes.map(({ name }) => state.get(name)!);
  const slices = challengeSlices(values.map(({ length }) => length), nonce, about.uid);
  const elements = encodeElements(challengedElements(values, slices));
  await publishStatement(bucket, STATE_STATEMENT, about, { digest, elements }, keypair);
}

/** Statements read at once. */
const READ_AT_ONCE = 32;

/** Options for reading states. */
export interface ReadStatesOptions {
  /** Run and window. */
  readonly about: { readonly run: string; readonly window: number };
  /** Looks up a node's bucket. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Times of the window; later statements are not read. */
  readonly times: WindowTimes;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Ends the reads. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the state statements that nodes published in time. An unreadable one counts as missing.
 *
 * @returns Statements by uid.
 */
export async function readStates(
  nodes: readonly Registration[],
  { about, bucketOf, signal, times, verify }: ReadStatesOptions,
): Promise<Map<number, Statement<StateStatement>>> {
  const found = await mapParallel(nodes, async (node, signal) => {
    try {
      const bucket = await bucketOf(node.uid);
      const found = bucket &&
        await readStatement(bucket, STATE_STATEMENT, about, node, verify, signal);
      return found && found.modifiedMs <= times.digestEndMs ? found : undefined;
    } catch (cause) {
      if (!isTransient(cause)) throw cause;
      return undefined;
    }
  }, { gate: new Gate(READ_AT_ONCE), signal });
  return new Map(nodes.flatMap(({ uid }, i) => (found[i] ? [[uid, found[i]]] : [])));
}

/** Comparison of a node's digest with those of the peers and the leading validator. */
export interface Comparison {
  /** Uids with the same digest, ascending. */
  readonly agree: number[];
  /** Uids with a different digest. */
  readonly disagree: number[];
  /** Uids without a digest. */
  readonly silent: number[];
  /**
   * Whether no other digest has more supporters among the nodes that count: the node itself, the leader and
   * the peers of the verdict. Keys that did not contribute to the model have no say in its state.
   */
  readonly agrees: boolean;
}

/**
 * Compares a node's digest with those of others.
 *
 * @param own Digest of the node.
 * @param counted Uids accepted by the verdict.
 */
export async function compareStates(
  own: string,
  counted: readonly number[],
  options: ReadStatesOptions & {
    readonly chain: Chain;
    readonly about: { readonly uid: number };
  },
): Promise<Comparison> {
  const registrations = await options.chain.registrations();
  const leader = leaderOf(registrations);
  const nodes = [...trainersOf(registrations), ...(leader ? [leader] : [])];
  const statements = await readStates(nodes, options);
  const [agree, disagree, silent]: number[][] = [[], [], []];
  const supporters = new Map<string, number>();
  for (const { uid } of nodes) {
    const digest = uid === options.about.uid ? own : statements.get(uid)?.content.digest;
    (digest === own ? agree : digest === undefined ? silent : disagree).push(uid);
    const counts = uid === options.about.uid || uid === leader?.uid || counted.includes(uid);
    if (digest && counts) supporters.set(digest, (supporters.get(digest) ?? 0) + 1);
  }
  const most = Math.max(0, ...supporters.values());
  return { agree, disagree, silent, agrees: (supporters.get(own) ?? 0) >= most };
}
