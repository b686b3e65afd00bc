import type { Tensor } from "../graph.ts";
import { zerosLike } from "./zeros.ts";

/** Splits `x` along its last axis into parts of equal length. */
export function split(x: Tensor, parts: number): Tensor[] {
  const last = x.dims.length - 1;
  const length = x.dims[last] / parts;
  if (!Number.isInteger(length)) {
    throw new RangeError(
      `Cannot split: last axis has ${x.dims[last]} elements, want a multiple of ${parts}`,
    );
  }
  const dims = [...x.dims.slice(0, last), length];
  const outputs: Tensor[] = x.graph.emit({
    operator: "Split",
    inputs: [x, x.graph.integers(new Array(parts).fill(length))],
    outputs: new Array(parts).fill({ type: x.type, dims }),
    attributes: { axis: { int: last } },
    pullback: (incoming) => [
      concatenate(incoming.map((gradient, index) => gradient ?? zerosLike(outputs[index]))),
    ],
  });
  return outputs;
}

/**
 * Concatenates tensors along an axis, the last one unless given. Differentiable along the last axis, for parts
 * of equal length.
 */
export function concatenate(parts: Tensor[], axis = parts[0].dims.length - 1): Tensor {
  if (parts.length === 1) return parts[0];
  const [{ dims, graph, type }] = parts;
  const length = parts.reduce((sum, part) => sum + part.dims[axis], 0);
  const isEqual = axis === dims.length - 1 && parts.every((part) => part.dims[axis] === dims[axis]);
  return graph.emit({
    operator: "Concat",
    inputs: parts,
    outputs: [{ type, dims: dims.map((dim, i) => (i === axis ? length : dim)) }],
    attributes: { axis: { int: axis } },
    ...(isEqual ? { pullback: ([gradient]) => split(gradient!, parts.length) } : {}),
  })[0];
}
