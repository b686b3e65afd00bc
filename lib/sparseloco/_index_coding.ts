import { BitReader } from "./_bit_reader.ts";
import { BitWriter } from "./_bit_writer.ts";
import type { CompressedTensor } from "./compressed_tensor.ts";
import { RefusedError } from "./refusal.ts";

/** Largest Rice parameter: chunks have at most 4096 elements. */
export const RICE_MAX = 11;

/** Writes indices as Rice-coded gaps, nothing for dense chunks; returns the Rice parameter. */
export function writeIndices(writer: BitWriter, tensor: CompressedTensor): number {
  const { tiling, kept, indices } = tensor;
  if (kept === tiling.chunkLength) return 0;
  const gaps = gapsOf(indices, kept);
  const parameter = bestParameter(gaps);
  for (let i = 0; i < gaps.length; i++) writer.writeRice(gaps[i], parameter);
  return parameter;
}

/**
 * Reads indices into a tensor. Gaps make them ascending and distinct by construction; only the end of
 * the chunk has to be checked.
 */
export function readIndices(reader: BitReader, tensor: CompressedTensor, parameter: number): void {
  const { tiling: { chunkLength, chunks }, kept, indices } = tensor;
  if (kept === chunkLength) {
    for (let i = 0; i < indices.length; i++) indices[i] = i % chunkLength;
    return;
  }
  let at = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    let index = -1;
    for (const end = at + kept; at < end; at++) {
      index += 1 + reader.readRice(parameter, chunkLength - 1);
      if (index >= chunkLength) {
        throw new RefusedError(
          "index-out-of-range",
          `index ${index}, want less than ${chunkLength}`,
        );
      }
      indices[at] = index;
    }
  }
}

/** Returns the number of elements skipped before each index, within its chunk. */
function gapsOf(indices: Uint16Array, kept: number): Uint16Array {
  const gaps = new Uint16Array(indices.length);
  for (let at = 0; at < indices.length;) {
    let previous = -1;
    for (const end = at + kept; at < end; at++) {
      gaps[at] = indices[at] - previous - 1;
      previous = indices[at];
    }
  }
  return gaps;
}

/** Returns the Rice parameter with the fewest bits, among those near log2 of the mean gap. */
function bestParameter(gaps: Uint16Array): number {
  let sum = 0;
  for (let i = 0; i < gaps.length; i++) sum += gaps[i];
  const middle = Math.floor(Math.log2(Math.max(1, sum / gaps.length)));
  let best = 0;
  let bestBits = Infinity;
  for (
    let parameter = Math.max(0, middle - 1);
    parameter <= Math.min(RICE_MAX, middle + 1);
    parameter++
  ) {
    let bits = gaps.length * (parameter + 1);
    for (let i = 0; i < gaps.length; i++) bits += gaps[i] >>> parameter;
    if (bits < bestBits) [best, bestBits] = [parameter, bits];
  }
  return best;
}
