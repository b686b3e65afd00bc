import { createHash } from "node:crypto";

/** Elements challenged per tensor. */
const SLICE_ELEMENTS = 4;

/** A run of elements that a peer has to show. */
export interface Slice {
  /** Index of the tensor in the model's order. */
  readonly tensor: number;
  /** Index of the first element. */
  readonly start: number;
  /** Number of elements. */
  readonly count: number;
}

/**
 * Returns the slices of its state that a peer has to show in a window: a run of elements per tensor, drawn
 * from a nonce that the validator reveals only then. They differ between peers, so one peer's answer is of
 * no use to another.
 *
 * @param lengths Number of elements of each tensor.
 * @param nonce Revealed by the validator's verdict on the window.
 */
export function challengeSlices(lengths: readonly number[], nonce: string, uid: number): Slice[] {
  return lengths.map((length, tensor) => {
    const count = Math.min(SLICE_ELEMENTS, length);
    const digest = createHash("sha256").update(`covey challenge ${nonce} ${uid} ${tensor}`)
      .digest();
    const start = Number(digest.readBigUInt64LE() % BigInt(length - count + 1));
    return { tensor, start, count };
  });
}

/** Returns the challenged elements of a state, concatenated. */
export function challengedElements(
  tensors: readonly Float32Array[],
  slices: readonly Slice[],
): Float32Array<ArrayBuffer> {
  const parts = slices.map(({ tensor, start, count }) =>
    tensors[tensor].subarray(start, start + count)
  );
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
