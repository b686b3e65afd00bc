/** Bytes of one element of each float type. */
export const FLOAT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;

/** Float type by its name in safetensors. */
export type FloatType = keyof typeof FLOAT_BYTES;

/** Reports whether a safetensors type is one of floats. */
export function isFloatType(type: string): type is FloatType {
  return Object.hasOwn(FLOAT_BYTES, type);
}
