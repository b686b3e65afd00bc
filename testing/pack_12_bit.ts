/**
 * Packs indices below 4096 as the reference does: two in three bytes, low bits first.
 *
 * @throws RangeError for an odd count or an index of 4096 or more.
 */
export function pack12Bit(indices: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  if (indices.length % 2 !== 0) {
    throw new RangeError(`Cannot pack indices: count is ${indices.length}, want an even number`);
  }
  const out = new Uint8Array((indices.length / 2) * 3);
  for (let i = 0, at = 0; i < indices.length; i += 2, at += 3) {
    const [a, b] = [indices[i], indices[i + 1]];
    if (!(a >= 0 && a < 4096 && b >= 0 && b < 4096)) {
      throw new RangeError(`Cannot pack indices: found ${a} and ${b}, want less than 4096`);
    }
    out[at] = a & 0xff;
    out[at + 1] = (a >> 8) | ((b & 15) << 4);
    out[at + 2] = b >> 4;
  }
  return out;
}

/**
 * Unpacks indices that the reference packed; see {@linkcode pack12Bit}.
 *
 * @throws RangeError when the length is not a multiple of three.
 */
export function unpack12Bit(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  if (bytes.length % 3 !== 0) {
    throw new RangeError(`Cannot unpack indices: ${bytes.length} bytes, want a multiple of 3`);
  }
  const out = new Uint16Array((bytes.length / 3) * 2);
  for (let i = 0, at = 0; at < bytes.length; i += 2, at += 3) {
    out[i] = bytes[at] | ((bytes[at + 1] & 15) << 8);
    out[i + 1] = (bytes[at + 1] >> 4) | (bytes[at + 2] << 4);
  }
  return out;
}
