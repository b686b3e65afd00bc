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

/** Joins tensors along their last axis; all parts must have the same shape. */
export function concatenate(parts: Tensor[]): Tensor {
  const last = parts[0].dims.length - 1;
  const dims = [...parts[0].dims.slice(0, last), parts[0].dims[last] * parts.length];
  return parts[0].graph.emit({
    operator: "Concat",
    inputs: parts,
    outputs: [{ type: parts[0].type, dims }],
    attributes: { axis: { int: last } },
    pullback: ([gradient]) => split(gradient!, parts.length),
  })[0];
}
