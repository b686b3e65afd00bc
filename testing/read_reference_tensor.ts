import {
  type CompressedTensor,
  emptyCompressed,
  LEVELS,
} from "../lib/sparseloco/compressed_tensor.ts";
import { unpack12Bit } from "./pack_12_bit.ts";
import { RefusedError } from "../lib/sparseloco/refusal.ts";

/** One parameter of a submission in the reference's format. */
export interface ReferenceTensor {
  /** Indices, 12 bits each, in any order within a chunk. */
  readonly idxs: Uint8Array;
  /** Codes, one byte each, in the order of the indices. */
  readonly vals: Uint8Array;
  /** Mean that is added to each level. */
  readonly shift: number;
  /** [4] levels without the mean. */
  readonly lookup: ArrayLike<number>;
}

/**
 * Reads a tensor of the reference system, with the checks that it omits: codes are within the levels,
 * indices are distinct within their chunk.
 *
 * @param dims Shape of the parameter.
 * @param topk Entries of a chunk.
 * @throws RefusedError naming the violated rule.
 */
export function readReferenceTensor(
  { idxs, vals, shift, lookup }: ReferenceTensor,
  dims: readonly number[],
  topk: number,
): CompressedTensor {
  const tensor = emptyCompressed(dims, topk);
  const { codes, indices, kept, levels, tiling: { chunkLength } } = tensor;
  const packedBytes = Math.ceil((indices.length * 3) / 2);
  if (vals.length !== codes.length || idxs.length !== packedBytes) {
    throw new RefusedError(
      "wrong-shape",
      `${vals.length} codes and ${idxs.length} index bytes, want ${codes.length} and ${packedBytes}`,
    );
  }
  for (let code = 0; code < LEVELS; code++) levels[code] = lookup[code] + shift;
  if (lookup.length !== LEVELS || !levels.every(Number.isFinite)) {
    throw new RefusedError("non-finite-levels", `levels are ${levels} of ${lookup.length}`);
  }
  const unpacked = unpack12Bit(idxs);
  const keys = new Uint32Array(kept);
  for (let at = 0; at < indices.length; at += kept) {
    for (let i = 0; i < kept; i++) {
      const [index, code] = [unpacked[at + i], vals[at + i]];
      if (index >= chunkLength) {
        throw new RefusedError(
          "index-out-of-range",
          `index ${index}, want less than ${chunkLength}`,
        );
      }
      if (code >= LEVELS) throw new RefusedError("code-out-of-range", `code ${code}, want 0 to 3`);
      keys[i] = index * LEVELS + code;
    }
    keys.sort();
    for (let i = 0; i < kept; i++) {
      indices[at + i] = keys[i] >> 2;
      codes[at + i] = keys[i] & 3;
      if (i > 0 && indices[at + i] === indices[at + i - 1]) {
        throw new RefusedError(
          "duplicate-index",
          `index ${indices[at + i]} occurs twice in a chunk`,
        );
      }
    }
  }
  return tensor;
}
