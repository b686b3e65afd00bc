import { ONNX_TYPE } from "../onnx_type.ts";
import type { ElementType, Tensor } from "../tensor.ts";

/** Converts between the float types. */
export function cast(x: Tensor, type: ElementType & `float${string}`): Tensor {
  if (x.type === type) return x;
  return x.graph.emit({
    operator: "Cast",
    inputs: [x],
    outputs: [{ type, dims: x.dims }],
    attributes: { to: { int: ONNX_TYPE[type] } },
    pullback: ([gradient]) => [cast(gradient!, x.type as "float32")],
  })[0];
}
