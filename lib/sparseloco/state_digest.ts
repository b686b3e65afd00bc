import { createHash } from "node:crypto";

/**
 * SHA-256 of consensus state: for every tensor its name, shape and f32 bits, in the model's order. Equal
 * digests mean equal parameters to the last bit.
 *
 * @returns 64 hexadecimal digits.
 */
export function stateDigest(
  tensors: Iterable<{ name: string; dims: readonly number[]; data: Float32Array }>,
): string {
  const hash = createHash("sha256");
  for (const { name, dims, data } of tensors) {
    hash.update(`${name}[${dims.join()}]`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
