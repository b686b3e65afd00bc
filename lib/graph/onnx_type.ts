import type { ElementType } from "./tensor.ts";

/** ONNX's number of each element type (TensorProto.DataType). */
export const ONNX_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  float64: 11,
};
