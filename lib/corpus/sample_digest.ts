import { blake2b } from "@noble/hashes/blake2.js";

/** Returns the id of a sample: BLAKE2b-8 of its tokens as u32le, read as u64le. */
export function sampleId(tokens: Uint32Array): bigint {
  const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  const digest = blake2b(bytes, { dkLen: 8 });
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0, true);
}

/** Returns the BLAKE2b-16 of sample ids as u64le in ascending order, 32 hexadecimal digits. */
export function sampleDigest(ids: Iterable<bigint>): string {
  const sorted = BigUint64Array.from(ids).sort();
  return blake2b(new Uint8Array(sorted.buffer), { dkLen: 16 }).toHex();
}
