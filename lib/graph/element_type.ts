/**
 * Element types exchanged between a graph and JavaScript. `float64` is for the gradient checks, `int64` only
 * for shapes and results.
 */
export type HostType = "float32" | "float64" | "int32" | "int64";

/** Element types inside a graph; checkpoints store fp16 and bf16, comparisons yield bool. */
export type ElementType = HostType | "float16" | "bfloat16" | "bool";

/** Typed arrays that hold the elements of each {@linkcode HostType}. */
export type ElementArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;
