import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";

/** Returns the same entries with other values. */
export function changeLevels(
  tensors: readonly CompressedTensor[],
  change: (level: number) => number,
): CompressedTensor[] {
  return tensors.map((tensor) => ({ ...tensor, levels: tensor.levels.map(change) }));
}
