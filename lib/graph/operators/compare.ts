import type { Tensor } from "../graph.ts";
import { broadcastDims } from "./arithmetic.ts";

/** Elementwise `a = b` with broadcasting; not differentiable. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return truth("Equal", a, b);
}

/** Elementwise `a <= b` with broadcasting; not differentiable. */
export function lessOrEqual(a: Tensor, b: Tensor): Tensor {
  return truth("LessOrEqual", a, b);
}

/** Elementwise `a and b` of booleans, with broadcasting. */
export function and(a: Tensor, b: Tensor): Tensor {
  return truth("And", a, b);
}

/** Elementwise `a or b` of booleans, with broadcasting. */
export function or(a: Tensor, b: Tensor): Tensor {
  return truth("Or", a, b);
}

/**
 * Index of the largest element along the last axis, the first if tied; int64, without that axis.
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

/** Elementwise `condition ? whenTrue : whenFalse`, with broadcasting; not differentiable. */
export function where(condition: Tensor, whenTrue: Tensor, whenFalse: Tensor): Tensor {
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
