import type { FloatType } from "./floats/float_type.ts";

/** Names of float types in `config.json`. */
const TORCH_TYPES: Readonly<Record<FloatType, string>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/** A `config.json` that names another float type. transformers 5 writes `dtype`, 4 wrote `torch_dtype`. */
export function withType(
  config: Readonly<Record<string, unknown>>,
  type: FloatType,
): Record<string, unknown> {
  const { dtype, torch_dtype: _, ...rest } = config;
  return { ...rest, [dtype === undefined ? "torch_dtype" : "dtype"]: TORCH_TYPES[type] };
}
