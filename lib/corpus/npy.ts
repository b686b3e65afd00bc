import { CorruptFileError } from "../checkpoint/corrupt_file_error.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Header of a version 1 `.npy` file for a vector of uint32, padded so that data starts at a multiple of 64. */
export function npyHeader(length: number): Uint8Array<ArrayBuffer> {
  const text = `{'descr': '<u4', 'fortran_order': False, 'shape': (${length},), }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set(MAGIC);
  bytes.set([1, 0, (total - 10) & 255, (total - 10) >> 8], 6);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}

/**
 * Reads a `.npy` vector of uint32 or uint16 tokens.
 *
 * @throws CorruptFileError for any other array, or when the length does not fit the header.
 */
export function parseNpy(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const fail = (what: string): never => {
    throw new CorruptFileError(`Cannot read token shard: ${what}`);
  };
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    fail("it is not a .npy file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [start, length] = bytes[6] === 1
    ? [10, view.getUint16(8, true)]
    : [12, view.getUint32(8, true)];
  if (start + length > bytes.length) fail(`header of ${length} bytes is cut off`);
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const kind = text.match(/'descr': *'<(u4|u2)'/)?.[1];
  const shape = text.match(/'shape': *\((\d+),? *\)/)?.[1];
  if (!kind || !shape || /'fortran_order': *True/.test(text)) {
    return fail(`header is ${text.trim().slice(0, 120)}, want a vector of <u4 or <u2`);
  }
  const data = new Uint8Array(bytes.subarray(start + length)); // a copy, aligned
  const width = kind === "u4" ? 4 : 2;
  if (data.length !== Number(shape) * width) {
    fail(`${data.length} bytes of data, want ${Number(shape) * width} for ${shape} tokens`);
  }
  return kind === "u4"
    ? new Uint32Array(data.buffer)
    : Uint32Array.from(new Uint16Array(data.buffer));
}
