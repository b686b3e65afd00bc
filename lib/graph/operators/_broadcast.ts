import { sameDims, type Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";
import { reduceSum } from "./reduction.ts";

/**
 * Shape of an elementwise result, by numpy's rule.
 *
 * @throws RangeError when two axes differ and neither is 1.
 */
export function broadcastDims(
  operator: string,
  a: readonly number[],
  b: readonly number[],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(`Cannot apply ${operator}: shapes [${a}] and [${b}] do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

/** Sums a gradient over the axes along which an operand was repeated. */
export function sumToDims(gradient: Tensor, dims: readonly number[]): Tensor {
  if (sameDims(gradient.dims, dims)) return gradient;
  const extra = gradient.dims.length - dims.length;
  const axes = gradient.dims
    .map((dim, axis) => (axis < extra || (dims[axis - extra] === 1 && dim !== 1) ? axis : -1))
    .filter((axis) => axis >= 0);
  return reshape(axes.length > 0 ? reduceSum(gradient, axes) : gradient, dims);
}
