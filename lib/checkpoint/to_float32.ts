import { CorruptFileError } from "../file/corrupt_file_error.ts";

/**
 * Converts the elements of a float tensor to f32: exact for F32, BF16 and F16, rounded for F64.
 *
 * @param type safetensors type.
 * @param bytes Little-endian elements; copied, so they need not be aligned.
 */
export function toFloat32(type: string, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = bytes.slice();
  switch (type) {
    case "F32":
      return new Float32Array(aligned.buffer);
    case "F64":
      return Float32Array.from(new Float64Array(aligned.buffer));
    case "F16":
      return Float32Array.from(new Float16Array(aligned.buffer));
    case "BF16": {
      const bf16 = new Uint16Array(aligned.buffer);
      const words = new Uint32Array(bf16.length);
      for (let i = 0; i < bf16.length; i++) words[i] = bf16[i] << 16;
      return new Float32Array(words.buffer);
    }
    default:
      throw new CorruptFileError(
        `Cannot read tensor as numbers: type is ${type}, want F32, BF16, F16 or F64`,
      );
  }
}
