import type { Tensor } from "../graph.ts";

/** Elements [start, end) of `x` along an axis; not differentiable. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return x.graph.emit({
    operator: "Slice",
    inputs: [x, ...[start, end, axis].map((value) => x.graph.integers([value]))],
    outputs: [{ type: x.type, dims: x.dims.map((dim, i) => (i === axis ? end - start : dim)) }],
  })[0];
}
