import type { Tensor } from "../tensor.ts";
import { broadcastDims, sumToDims } from "./_broadcast.ts";

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
