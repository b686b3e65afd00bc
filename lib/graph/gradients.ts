import { add } from "./operators/arithmetic.ts";
import { zerosLike } from "./operators/zeros.ts";
import type { Tensor } from "./graph.ts";

/**
 * Computes the gradients of a scalar loss by reverse accumulation over the tape.
 *
 * @param loss Scalar, shape [].
 * @param parameters Values to differentiate with respect to.
 * @param seed Gradient of the loss itself, shape []; 1 if omitted.
 * @returns One gradient per parameter, of the parameter's shape; zeros if the loss does not depend on it.
 * @throws TypeError when the loss is not a scalar, or depends on a parameter through a non-differentiable
 * operator.
 *
 * @example d(x*x)/dx
 * ```ts
 * import { Graph } from "./graph.ts";
 * import { gradients } from "./gradients.ts";
 * import { multiply } from "./operators/arithmetic.ts";
 * import assert from "node:assert/strict";
 *
 * const graph = new Graph("square");
 * const x = graph.input("x", "float32", []);
 * const [dx] = gradients(multiply(x, x), [x]);
 * assert.deepEqual(dx.dims, []);
 * ```
 */
export function gradients(loss: Tensor, parameters: Tensor[], seed?: Tensor): Tensor[] {
  if (loss.dims.length > 0) {
    throw new TypeError(`Cannot differentiate: loss has shape [${loss.dims}], want a scalar`);
  }
  return pullBack([[loss, seed ?? loss.graph.scalar(loss.type, 1)]], parameters);
}

/**
 * Computes the vector-Jacobian product of several values at once, as used by {@linkcode gradients} and by
 * steps split into several graphs.
 *
 * @param seeds Pairs of a value and the gradient of the loss with respect to it, of the same shape.
 * @param parameters Values to differentiate with respect to.
 * @returns One gradient per parameter.
 */
export function pullBack(seeds: [Tensor, Tensor][], parameters: Tensor[]): Tensor[] {
  const graph = seeds[0][0].graph;
  const nodes = graph.nodes.slice(); // the walk itself appends nodes
  const active = dependents(nodes, parameters);
  const known = new Map<Tensor, Tensor>();
  const accumulate = (tensor: Tensor, gradient: Tensor) => {
    const before = known.get(tensor);
    known.set(tensor, before ? add(before, gradient) : gradient);
  };
  for (const [value, gradient] of seeds) accumulate(value, gradient);
  for (const node of nodes.reverse()) {
    const incoming = node.outputs.map((output) => known.get(output));
    if (incoming.every((gradient) => !gradient)) continue;
    if (!node.sources.some((source) => active.has(source))) continue;
    if (!node.pullback) {
      throw new TypeError(`Cannot differentiate: operator ${node.operator} has no gradient`);
    }
    node.pullback(incoming).forEach((gradient, index) => {
      const source = node.sources[index];
      if (gradient && active.has(source)) accumulate(source, gradient);
    });
  }
  return parameters.map((parameter) => known.get(parameter) ?? zerosLike(parameter));
}

/** Returns the values that depend on any parameter, including the parameters. */
function dependents(nodes: Tensor["graph"]["nodes"], parameters: Tensor[]): Set<Tensor> {
  const active = new Set(parameters);
  for (const node of nodes) {
    if (node.inputs.some((input) => active.has(input))) {
      for (const output of node.outputs) active.add(output);
    }
  }
  return active;
}
