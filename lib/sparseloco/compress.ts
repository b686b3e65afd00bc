import { NotFiniteError } from "../tensor/not_finite_error.ts";
import { type CompressedTensor, emptyCompressed, forEachEntry } from "./compressed_tensor.ts";
import { quantise } from "./quantise.ts";
import { chunkOrigin } from "./tiling.ts";
import { TopK } from "./top_k.ts";

/**
 * Runs one round of error feedback and compression (SparseLoCo, algorithm 1): e <- decay e + delta; the
 * largest entries of e are quantised and sent, the remainder stays in e.
 *
 * @param delta Pseudo-gradient: parameters before the inner steps minus after, row-major.
 * @param errorFeedback e, of the same length; updated in place.
 * @param dims Shape of the tensor.
 * @param topk Entries to keep per chunk.
 * @param decay Error feedback decay, 0 to 1.
 * @returns The compressed tensor to send.
 * @throws RangeError if an entry is not finite; e is then undefined.
 *
 * @example Sent plus kept equals the input
 *
 * const delta = Float32Array.of(4, -1, 0.5, 0);
 * const errorFeedback = new Float32Array(4);
 * const sent = compress(delta, errorFeedback, [4], 2, 0.95);
 * assert.deepEqual([...sent.indices], [0, 1]);
 * const whole = decompress(sent).map((value, i) => value + errorFeedback[i]);
 * assert.deepEqual([...whole], [...delta]);
 * ```
 */
export function compress(
  delta: Float32Array,
  errorFeedback: Float32Array<ArrayBuffer>,
  dims: readonly number[],
  topk: number,
  decay: number,
): CompressedTensor {
  const sent = emptyCompressed(dims, topk);
  const { tiling, kept, indices } = sent;
  const { columns, tileRows, tileColumns, chunks, chunkLength } = tiling;
  const selector = new TopK(chunkLength, kept);
  const chunk = new Float32Array(chunkLength);
  const bits = new Int32Array(chunk.buffer);
  const values = new Float32Array(chunks * kept);
  for (let number = 0; number < chunks; number++) {
    const origin = chunkOrigin(tiling, number);
    for (let row = 0, to = 0; row < tileRows; row++) {
      let from = origin + row * columns;
      for (const end = to + tileColumns; to < end; to++, from++) {
        chunk[to] = errorFeedback[from] = decay * errorFeedback[from] + delta[from];
      }
    }
    const at = number * kept;
    selector.select(bits, indices, at);
    for (let i = at; i < at + kept; i++) values[i] = chunk[indices[i]];
  }
  // Non-finite entries have the largest magnitude bits of all, so they are among the kept ones.
  if (!values.every(Number.isFinite)) {
    throw new NotFiniteError("Cannot compress pseudo-gradient: it has entries that are not finite");
  }
  quantise(values, sent.codes, sent.levels);
  forEachEntry(sent, (position, code) => errorFeedback[position] -= sent.levels[code]);
  return sent;
}
