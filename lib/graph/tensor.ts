import type { Graph } from "./graph.ts";

/**
 * Element types that cross between a graph and JavaScript. `float64` serves the gradient checks, `int64` only
 * shapes and results.
 */
export type HostType = "float32" | "float64" | "int32" | "int64";

/** Element types inside a graph: checkpoints store halves, comparisons give truth values. */
export type ElementType = HostType | "float16" | "bfloat16" | "bool";

/** Typed arrays that carry the elements of each {@linkcode HostType}. */
export type ElementArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

/** A symbolic value of a graph: a type and a shape that is fully known. */
export interface Tensor {
  /** Graph that holds the value. */
  readonly graph: Graph;
  /** Name of the value in the ONNX file. */
  readonly name: string;
  /** Element type. */
  readonly type: ElementType;
  /** Length of every axis; empty for a scalar. */
  readonly dims: readonly number[];
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Whether two shapes are the same. */
export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
