import type { Bucket } from "../bucket/bucket.ts";
import type { Clock } from "../clock/clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import type { SubmissionContext } from "../sparseloco/submission.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { WindowTimes } from "./window_clock.ts";

/** Situation of a peer in one window of a run. */
export interface Moment {
  /** Run, window, peer, tensors. */
  readonly context: SubmissionContext;
  /** Times of the window. */
  readonly times: WindowTimes;
  /** Definition shared by all nodes. */
  readonly definition: RunDefinition;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Source of time. */
  readonly clock: Clock;
  /** Uids of all training peers. */
  readonly peers: readonly number[];
  /** Looks up a node's bucket. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
}

/** Operations that a delivery is composed of. */
export interface Delivery {
  /** Stores the signed manifest of these bytes. */
  commit(bytes: Uint8Array): Promise<void>;
  /** Waits until uploads begin. */
  untilUploads(): Promise<void>;
  /** Uploads the bytes. */
  upload(bytes: Uint8Array): Promise<void>;
  /** Waits until the given time. */
  until(timeMs: number): Promise<void>;
}

/** Deviations of a peer from the honest protocol. An honest peer has none of these. */
export interface Behaviour {
  /**
   * Returns the samples to train on instead of the assigned ones; none if the peer is not to train.
   */
  samples?(assigned: Uint32Array, moment: Moment): Uint32Array;
  /** Returns the tensors to send instead of the honest ones. */
  tensors?(honest: CompressedTensor[], moment: Moment): Promise<CompressedTensor[]>;
  /** Returns the bytes to send instead of the honest encoding. */
  encode?(bytes: Uint8Array<ArrayBuffer>, moment: Moment): Uint8Array<ArrayBuffer>;
  /** Performs the writes instead of {@linkcode deliverHonestly}. */
  deliver?(bytes: Uint8Array<ArrayBuffer>, delivery: Delivery, moment: Moment): Promise<void>;
}

/** Delivers as honest peers do: commits, waits, uploads. */
export async function deliverHonestly(
  bytes: Uint8Array<ArrayBuffer>,
  { commit, untilUploads, upload }: Delivery,
): Promise<void> {
  await commit(bytes);
  await untilUploads();
  await upload(bytes);
}
