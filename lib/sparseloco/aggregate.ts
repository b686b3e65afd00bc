import { lowerMedian } from "./median.ts";
import { type CompressedTensor, forEachEntry } from "./compressed_tensor.ts";

/**
 * How peers' entries are averaged. `selected-mean` divides each position by the number of peers that sent
 * it, as the reference code does; `peer-mean` by the number of all peers, as in the paper.
 */
export type AggregationMode = "selected-mean" | "peer-mean";

/** Keeps the clip factor finite for a tensor of zeros; the reference's constant. */
const NORM_FLOOR = 1e-8;

/**
 * Aggregates one tensor over peers: each peer's values are scaled down to the lower median of the peers'
 * norms, then averaged. Double precision in a fixed order: bit-identical on every machine.
 *
 * @param tensors One tensor per peer, ascending by uid.
 * @param normMax Norm to scale down to instead of the median.
 * @returns Row-major average, not yet rounded to f32.
 */
export function aggregate(
  tensors: readonly CompressedTensor[],
  mode: AggregationMode,
  normMax?: number,
): Float64Array<ArrayBuffer> {
  const { rows, columns } = tensors[0].tiling;
  const sums = new Float64Array(rows * columns);
  const selected = new Uint16Array(mode === "selected-mean" ? rows * columns : 0);
  const norms = tensors.map(tensorNorm);
  const median = normMax ?? lowerMedian(norms);
  tensors.forEach((tensor, peer) => {
    const factor = Math.min(1, median / (norms[peer] + NORM_FLOOR));
    const levels = Float64Array.from(tensor.levels, (level) => level * factor);
    if (mode === "peer-mean") {
      forEachEntry(tensor, (position, code) => sums[position] += levels[code]);
    } else {
      forEachEntry(tensor, (position, code) => {
        sums[position] += levels[code];
        selected[position]++;
      });
    }
  });
  if (mode === "peer-mean") {
    for (let i = 0; i < sums.length; i++) sums[i] /= tensors.length;
  } else {
    for (let i = 0; i < sums.length; i++) if (selected[i] > 1) sums[i] /= selected[i];
  }
  return sums;
}

/** Returns the L2 norm of the values that a peer sent, computed from the counts of the levels. */
export function tensorNorm({ codes, levels }: CompressedTensor): number {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  let squares = 0;
  for (let code = 0; code < counts.length; code++) {
    squares += counts[code] * levels[code] * levels[code];
  }
  return Math.sqrt(squares);
}
