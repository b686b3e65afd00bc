import type { Tensor } from "../graph.ts";

/** Elements [start, end) of `x` along an axis; not differentiable. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return x.graph.emit({
    operator: "Slice",
    inputs: [x, ...[start, end, axis].map((value) => x.graph.integers([value]))],
    outputs: [{ type: x.type, dims: x.dims.map((dim, i) => (i === axis ? end - start : dim)) }],
  })[0];
}

/** Joins tensors along an axis; not differentiable. */
export function join(parts: Tensor[], axis: number): Tensor {
  if (parts.length === 1) return parts[0];
  const length = parts.reduce((sum, { dims }) => sum + dims[axis], 0);
  return parts[0].graph.emit({
    operator: "Concat",
    inputs: parts,
    outputs: [{
      type: parts[0].type,
      dims: parts[0].dims.map((dim, i) => (i === axis ? length : dim)),
    }],
    attributes: { axis: { int: axis } },
  })[0];
}
