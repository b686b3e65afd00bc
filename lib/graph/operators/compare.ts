import type { Tensor } from "../graph.ts";
import { broadcastDims } from "./arithmetic.ts";

/** Elementwise `a = b` with broadcasting; it cannot be differentiated. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return truth("Equal", a, b);
}

/** Elementwise `a <= b` with broadcasting; it cannot be differentiated. */
export function lessOrEqual(a: Tensor, b: Tensor): Tensor {
  return truth("LessOrEqual", a, b);
}

/** Elementwise `a and b` of truth values, with broadcasting. */
export function and(a: Tensor, b: Tensor): Tensor {
  return truth("And", a, b);
}

/** Elementwise `a or b` of truth values, with broadcasting. */
export function or(a: Tensor, b: Tensor): Tensor {
  return truth("Or", a, b);
}

/**
 * Index of the largest element of the last axis, the first of equals; int64, without that axis.
 *
 * @param x Shape [rows, width].
 */
export function argMax(x: Tensor): Tensor {
  const last = x.dims.length - 1;
  return x.graph.emit({
    operator: "ArgMax",
    inputs: [x],
    outputs: [{ type: "int64", dims: x.dims.slice(0, last) }],
    attributes: { axis: { int: last }, keepdims: { int: 0 } },
  })[0];
}

/** `whenTrue` or `whenFalse` by the truth of `condition`, with broadcasting; no gradient passes. */
export function choose(condition: Tensor, whenTrue: Tensor, whenFalse: Tensor): Tensor {
  const dims = broadcastDims(
    "Where",
    condition.dims,
    broadcastDims("Where", whenTrue.dims, whenFalse.dims),
  );
  return condition.graph.emit({
    operator: "Where",
    inputs: [condition, whenTrue, whenFalse],
    outputs: [{ type: whenTrue.type, dims }],
  })[0];
}

function truth(operator: string, a: Tensor, b: Tensor): Tensor {
  return a.graph.emit({
    operator,
    inputs: [a, b],
    outputs: [{ type: "bool", dims: broadcastDims(operator, a.dims, b.dims) }],
  })[0];
}
