/** Values of every parameter, by name, row-major. */
export type ParameterValues = Map<string, Float32Array<ArrayBuffer>>;
