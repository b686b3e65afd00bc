import type { ElementType, Tensor } from "../tensor.ts";
import { broadcastDims } from "./_broadcast.ts";

/** Elementwise equality as booleans; no gradient passes. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return a.graph.emit({
    operator: "Equal",
    inputs: [a, b],
    outputs: [{ type: "bool", dims: broadcastDims("Equal", a.dims, b.dims) }],
  })[0];
}

/** Elementwise smaller of two values; no gradient passes. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return a.graph.emit({
    operator: "Min",
    inputs: [a, b],
    outputs: [{ type: a.type, dims: broadcastDims("Min", a.dims, b.dims) }],
  })[0];
}

/** Converts the element type; gradients pass between the float types. */
export function cast(x: Tensor, type: ElementType): Tensor {
  if (x.type === type) return x;
  return x.graph.emit({
    operator: "Cast",
    inputs: [x],
    outputs: [{ type, dims: x.dims }],
    attributes: { to: { int: ONNX_TYPE[type] } },
    ...(x.type.startsWith("float")
      ? { pullback: ([gradient]: (Tensor | undefined)[]) => [cast(gradient!, x.type)] }
      : {}),
  })[0];
}

/** ONNX's number of each element type (TensorProto.DataType). */
export const ONNX_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};
