import type { Tensor } from "../graph.ts";
import { divide, multiply, scale, subtract } from "./arithmetic.ts";

/** Elementwise natural exponential. */
export function exp(x: Tensor): Tensor {
  const result: Tensor = unary("Exp", x, (gradient) => multiply(gradient, result));
  return result;
}

/** Elementwise natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary("Log", x, (gradient) => divide(gradient, x));
}

/** Elementwise square root. */
export function sqrt(x: Tensor): Tensor {
  const result: Tensor = unary("Sqrt", x, (gradient) => divide(scale(gradient, 0.5), result));
  return result;
}

/** Elementwise `1 / x`. */
export function reciprocal(x: Tensor): Tensor {
  const result: Tensor = unary(
    "Reciprocal",
    x,
    (gradient) => scale(multiply(gradient, multiply(result, result)), -1),
  );
  return result;
}

/** Elementwise logistic function. */
export function sigmoid(x: Tensor): Tensor {
  const result: Tensor = unary("Sigmoid", x, (gradient) => {
    const one = x.graph.scalar(x.type, 1);
    return multiply(gradient, multiply(result, subtract(one, result)));
  });
  return result;
}

/** Elementwise hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  const result: Tensor = unary("Tanh", x, (gradient) => {
    const one = x.graph.scalar(x.type, 1);
    return multiply(gradient, subtract(one, multiply(result, result)));
  });
  return result;
}

function unary(operator: string, x: Tensor, pullback: (gradient: Tensor) => Tensor): Tensor {
  return x.graph.emit({
    operator,
    inputs: [x],
    outputs: [x],
    pullback: ([gradient]) => [pullback(gradient!)],
  })[0];
}
