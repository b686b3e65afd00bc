import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { findCopies } from "../../lib/gauntlet/find_copies.ts";
import { indexMask } from "../../lib/gauntlet/index_overlap.ts";
import { aggregate } from "../../lib/sparseloco/aggregate.ts";
import { compress } from "../../lib/sparseloco/compress.ts";
import { type CompressedTensor, decompress } from "../../lib/sparseloco/compressed_tensor.ts";
import { outerStep } from "../../lib/sparseloco/outer_step.ts";
import { decodeSubmission, encodeSubmission } from "../../lib/sparseloco/submission.ts";
import { upperMedian as median } from "../../lib/sparseloco/median.ts";

const SIDE = 4096;
const DENSE_BYTES = SIDE * SIDE * 4;
const CONTEXT = {
  run: "00".repeat(32),
  window: 0,
  uid: 0,
  topk: 64,
  shapes: [{ name: "w", dims: [SIDE, SIDE] }],
};

/** Sizes and speeds of a peer's work besides training, on one thread. */
export interface ConsensusResult {
  /** Bits of a submission per value sent. */
  bitsPerValue: number;
  /** Size of dense f32 over that of the submission. */
  ratio: number;
  /** Error feedback, top-k, quantising and encoding; GB of dense f32 per second. */
  compressGBps: number;
  /** Decoding a submission to a dense tensor; GB of dense f32 per second. */
  decodeGBps: number;
  /** Search for copies among 20 peers of this and the previous window, 1M parameters; milliseconds. */
  overlapMs: number;
  /** Aggregation and outer step of 20 peers at 100M parameters, seconds. */
  aggregateSeconds: number;
}

/** Measures compression and aggregation on a normally distributed pseudo-gradient. */
export function benchConsensus(now: () => number): ConsensusResult {
  const random = new SeededRandom(1n);
  const pattern = Float32Array.from({ length: 1 << 20 }, () => random.normal());
  const delta = Float32Array.from({ length: SIDE * SIDE }, (_, i) => pattern[(i * 7919) & 0xfffff]);
  const residual = new Float32Array(delta.length);
  const [compressTimes, decodeTimes]: number[][] = [[], []];
  let bytes = new Uint8Array();
  let sent: CompressedTensor | undefined;
  for (let round = 0; round < 7; round++) {
    const start = now();
    sent = compress(delta, residual, [SIDE, SIDE], 64, 0.95);
    bytes = encodeSubmission(CONTEXT, [sent]);
    const middle = now();
    decompress(decodeSubmission(CONTEXT, bytes)[0]);
    compressTimes.push(middle - start);
    decodeTimes.push(now() - middle);
  }
  const rate = (times: number[]) => DENSE_BYTES / 1e9 / median(times);
  return {
    bitsPerValue: (bytes.length * 8) / sent!.codes.length,
    ratio: DENSE_BYTES / bytes.length,
    compressGBps: rate(compressTimes),
    decodeGBps: rate(decodeTimes),
    aggregateSeconds: aggregateSeconds(sent!, now),
    overlapMs: overlapMs(now),
  };
}

/** Times aggregation for twenty peers, six tensors of 16.8M values: 100.7M parameters. */
function aggregateSeconds(sent: CompressedTensor, now: () => number): number {
  const peers = Array.from({ length: 20 }, (_, peer) => ({
    ...sent,
    // Different entries for each peer, still ascending in each chunk.
    indices: sent.indices.map((index) => index ^ (peer & 1)),
  }));
  const parameters = new Float32Array(SIDE * SIDE);
  const start = now();
  for (let tensor = 0; tensor < 6; tensor++) {
    outerStep(parameters, aggregate(peers, "selected-mean"), 1);
  }
  return now() - start;
}

/** Times the search for copies among twenty peers in two successive windows, 1M parameters. */
function overlapMs(now: () => number): number {
  const random = new SeededRandom(2n);
  const peers = () =>
    Array.from({ length: 20 }, (_, uid) => {
      const delta = Float32Array.from({ length: 1 << 20 }, () => random.normal());
      const sent = compress(delta, new Float32Array(1 << 20), [1024, 1024], 64, 1);
      return { uid, committedMs: 0, mask: indexMask([sent]) };
    });
  const [before, current] = [peers(), peers()];
  const start = now();
  findCopies(current, before, 0.4);
  return 1000 * (now() - start);
}
