import type { Graph, Tensor } from "../../graph/graph.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

/** A parameter, or some rows of it. */
export interface ParameterPart extends TensorShape {
  /** Rows along the first axis; all if omitted. */
  readonly rows?: { readonly from: number; readonly to: number };
}

/** Adds a parameter to a graph, in float32 or in a type that is cast on use. */
export type ParameterSource = (graph: Graph, part: ParameterPart) => Tensor;
