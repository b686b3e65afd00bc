import { createHash } from "node:crypto";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/**
 * Returns the SHA-256 of the consensus state: name, shape and f32 bits of every tensor, in the model's
 * order. Equal digests mean bit-identical parameters.
 *
 * @param shapes Names and shapes in canonical order.
 * @param values Elements by name, row-major.
 * @returns 64 hexadecimal digits.
 */
export function stateDigest(
  shapes: readonly TensorShape[],
  values: ReadonlyMap<string, Float32Array>,
): string {
  const hash = createHash("sha256");
  for (const { name, dims } of shapes) {
    const { buffer, byteLength, byteOffset } = values.get(name)!;
    hash.update(`${name}[${dims.join()}]`);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
