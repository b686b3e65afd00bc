import { elementCount, sameDims } from "../../tensor/dims.ts";
import type { Tensor } from "../graph.ts";
import { reshape } from "./reshape.ts";

// Elementwise operators, expansion and reductions share a file: the gradient of each needs the others.

/** Elementwise `a + b` with broadcasting. */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary("Add", a, b, (gradient) => [gradient, gradient]);
}

/** Elementwise `a - b` with broadcasting. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return binary("Sub", a, b, (gradient) => [gradient, negate(gradient)]);
}

/** Elementwise `a * b` with broadcasting. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return binary("Mul", a, b, (gradient) => [multiply(gradient, b), multiply(gradient, a)]);
}

/** Elementwise `a / b` with broadcasting. */
export function divide(a: Tensor, b: Tensor): Tensor {
  const quotient: Tensor = binary("Div", a, b, (gradient) => {
    const share = divide(gradient, b);
    return [share, negate(multiply(share, quotient))];
  });
  return quotient;
}

/** Elementwise `-x`. */
export function negate(x: Tensor): Tensor {
  return x.graph.emit({
    operator: "Neg",
    inputs: [x],
    outputs: [x],
    pullback: ([gradient]) => [negate(gradient!)],
  })[0];
}

/** `x * factor` for a number, or for a scalar tensor that needs no gradient. */
export function scale(x: Tensor, factor: number | Tensor): Tensor {
  return multiply(x, typeof factor === "number" ? x.graph.scalar(x.type, factor) : factor);
}

function binary(
  operator: string,
  a: Tensor,
  b: Tensor,
  pullback: (gradient: Tensor) => [Tensor, Tensor],
): Tensor {
  if (a.type !== b.type) {
    throw new TypeError(`Cannot apply ${operator}: element types ${a.type} and ${b.type} differ`);
  }
  return a.graph.emit({
    operator,
    inputs: [a, b],
    outputs: [{ type: a.type, dims: broadcastDims(operator, a.dims, b.dims) }],
    pullback: ([gradient]) => {
      const [left, right] = pullback(gradient!);
      return [sumToDims(left, a.dims), sumToDims(right, b.dims)];
    },
  })[0];
}

/** Broadcasts `x` to the shape `dims` by repeating axes of length 1. */
export function expand(x: Tensor, dims: readonly number[]): Tensor {
  if (sameDims(x.dims, dims)) return x;
  return x.graph.emit({
    operator: "Expand",
    inputs: [x, x.graph.integers(dims)],
    outputs: [{ type: x.type, dims }],
    pullback: ([gradient]) => [sumToDims(gradient!, x.dims)],
  })[0];
}

/** Sum over `axes`, kept with length 1; negative axes count from the end. */
export function reduceSum(x: Tensor, axes: number[]): Tensor {
  return reduce("ReduceSum", x, axes, (gradient) => expand(gradient, x.dims));
}

/** Mean over `axes`, kept with length 1. */
export function reduceMean(x: Tensor, axes: number[]): Tensor {
  const result: Tensor = reduce("ReduceMean", x, axes, (gradient) => {
    const count = elementCount(x.dims) / elementCount(result.dims);
    return expand(scale(gradient, 1 / count), x.dims);
  });
  return result;
}

/** Mean of squares over the last axis, kept with length 1, in one pass over the elements. */
export function meanSquare(x: Tensor): Tensor {
  const last = x.dims.length - 1;
  const squares = reduce(
    "ReduceSumSquare",
    x,
    [last],
    (gradient) => scale(multiply(x, expand(gradient, x.dims)), 2),
  );
  return scale(squares, 1 / x.dims[last]);
}

/** Maximum over `axes`, kept with length 1. Not differentiable: used as a shift, which needs no gradient. */
export function reduceMax(x: Tensor, axes: number[]): Tensor {
  return reduce("ReduceMax", x, axes);
}

/** Sum of the squares of all elements, shape []. */
export function sumOfSquares(x: Tensor): Tensor {
  return x.graph.emit({
    operator: "ReduceSumSquare",
    inputs: [x],
    outputs: [{ type: x.type, dims: [] }],
    attributes: { keepdims: { int: 0 } },
    pullback: ([gradient]) => [scale(scale(x, 2), gradient!)],
  })[0];
}

function reduce(
  operator: string,
  x: Tensor,
  axes: number[],
  pullback?: (gradient: Tensor) => Tensor,
): Tensor {
  const positive = axes.map((axis) => (axis < 0 ? axis + x.dims.length : axis));
  const dims = x.dims.map((dim, axis) => (positive.includes(axis) ? 1 : dim));
  return x.graph.emit({
    operator,
    inputs: [x, x.graph.integers(positive)],
    outputs: [{ type: x.type, dims }],
    attributes: { keepdims: { int: 1 } },
    ...(pullback ? { pullback: ([gradient]) => [pullback(gradient!)] } : {}),
  })[0];
}

/**
 * Returns the shape of an elementwise result by numpy's broadcasting rule.
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

/** Sums a gradient over the axes along which an operand was broadcast. */
export function sumToDims(gradient: Tensor, dims: readonly number[]): Tensor {
  if (sameDims(gradient.dims, dims)) return gradient;
  const extra = gradient.dims.length - dims.length;
  const axes = gradient.dims
    .map((dim, axis) => (axis < extra || (dims[axis - extra] === 1 && dim !== 1) ? axis : -1))
    .filter((axis) => axis >= 0);
  return reshape(axes.length > 0 ? reduceSum(gradient, axes) : gradient, dims);
}
