import type { Tensor } from "../graph.ts";
import { expand } from "./arithmetic.ts";
import { reshape } from "./reshape.ts";

/** Zeros with the type and shape of `x`, not stored in the file. */
export function zerosLike(x: Tensor): Tensor {
  const zero = x.graph.scalar(x.type, 0);
  return x.dims.length === 0 ? zero : expand(reshape(zero, x.dims.map(() => 1)), x.dims);
}
