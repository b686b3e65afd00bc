import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import type { Behaviour } from "../swarm/behaviour.ts";

/** Trains once, and sends that submission in every window. */
export const stale = (): Behaviour => {
  let first: CompressedTensor[] | undefined;
  return {
    samples: (assigned) => (first ? assigned.subarray(0, 0) : assigned),
    tensors: (honest) => Promise.resolve(first ??= honest),
  };
};
