import { createHash } from "node:crypto";

/** Elements asked of each tensor. */
const SLICE_ELEMENTS = 4;

/** A run of elements that a peer is to show. */
export interface Slice {
  /** Number of the tensor in the model's order. */
  readonly tensor: number;
  /** First element. */
  readonly start: number;
  /** Elements. */
  readonly count: number;
}

/**
 * Places of the state that a peer has to show in a window: a run of elements of each tensor, drawn from a
 * number that the validator reveals only then. They differ from peer to peer, so an answer is of no use to
 * another.
 *
 * @param lengths Elements of each tensor.
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

/** Elements of a state at the challenged places, one after the other. */
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
