import { CorruptFileError } from "../file/corrupt_file_error.ts";

/**
 * Converts the elements of a float tensor to f32: exact for F32, BF16 and F16, rounded for F64.
 *
 * @param type safetensors type.
 * @param bytes Little-endian elements; copied, so they need not be aligned.
 */
export function toFloat32(type: string, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  if (type === "BF16" && bytes.byteOffset % 2 === 0) return widen(bytes);
  const aligned = bytes.slice();
  switch (type) {
    case "F32":
      return new Float32Array(aligned.buffer);
    case "F64":
      return Float32Array.from(new Float64Array(aligned.buffer));
    case "F16":
      return Float32Array.from(new Float16Array(aligned.buffer));
    case "BF16":
      return widen(aligned);
    default:
      throw new CorruptFileError(
        `Cannot read tensor as numbers: type is ${type}, want F32, BF16, F16 or F64`,
      );
  }
}

function widen(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  const words = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) words[i] = codes[i] << 16;
  return new Float32Array(words.buffer);
}
