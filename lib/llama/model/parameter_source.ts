import type { Graph, Tensor } from "../../graph/graph.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

/** A parameter, or some rows of it. */
export interface ParameterPart extends TensorShape {
  /** Rows of its first axis; all of them when left out. */
  readonly rows?: { readonly from: number; readonly to: number };
}

/** Puts a parameter into a graph, in float32 or in a type that is cast where it is used. */
export type ParameterSource = (graph: Graph, part: ParameterPart) => Tensor;
