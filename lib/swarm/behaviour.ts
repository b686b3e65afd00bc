import type { Bucket } from "../bucket/bucket.ts";
import type { Clock } from "../clock/clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import type { SubmissionContext } from "../sparseloco/submission.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { WindowTimes } from "./window_clock.ts";

/** Where a peer is in a run. */
export interface Moment {
  /** Run, window, peer, tensors. */
  readonly context: SubmissionContext;
  /** Moments of the window. */
  readonly times: WindowTimes;
  /** What the nodes share. */
  readonly definition: RunDefinition;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Time. */
  readonly clock: Clock;
  /** Uids of all that train. */
  readonly peers: readonly number[];
  /** Bucket of any node. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
}

/** Writes that make up a delivery. */
export interface Delivery {
  /** Puts the signed manifest of these bytes. */
  commit(bytes: Uint8Array): Promise<void>;
  /** Waits until uploads begin. */
  untilUploads(): Promise<void>;
  /** Puts the bytes. */
  upload(bytes: Uint8Array): Promise<void>;
  /** Waits until a time. */
  until(timeMs: number): Promise<void>;
}

/** Where a peer departs from what honest peers do. An honest peer has none of these. */
export interface Behaviour {
  /** Samples to train on instead of those assigned; none to train on nothing. */
  samples?(assigned: Uint32Array, moment: Moment): Uint32Array;
  /** Tensors to send instead of the honest ones. */
  tensors?(honest: CompressedTensor[], moment: Moment): Promise<CompressedTensor[]>;
  /** Bytes to send instead of the honest coding. */
  encode?(bytes: Uint8Array<ArrayBuffer>, moment: Moment): Uint8Array<ArrayBuffer>;
  /** Order of writes instead of the honest one. */
  deliver?(bytes: Uint8Array<ArrayBuffer>, delivery: Delivery, moment: Moment): Promise<void>;
}

/** What honest peers do: commit, wait, upload. */
export async function deliverHonestly(
  bytes: Uint8Array<ArrayBuffer>,
  { commit, untilUploads, upload }: Delivery,
): Promise<void> {
  await commit(bytes);
  await untilUploads();
  await upload(bytes);
}
