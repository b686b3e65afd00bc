import { ONNX_TYPE } from "../onnx_type.ts";
import type { ElementType } from "../element_type.ts";
import type { Tensor } from "../graph.ts";

/** Converts `x` to another element type; not differentiable. */
export function cast(x: Tensor, type: ElementType): Tensor {
  if (x.type === type) return x;
  return x.graph.emit({
    operator: "Cast",
    inputs: [x],
    outputs: [{ type, dims: x.dims }],
    attributes: { to: { int: ONNX_TYPE[type] } },
  })[0];
}
