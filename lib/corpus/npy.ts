import { CorruptFileError } from "../file/corrupt_file_error.ts";

/** Array types by numpy's integer type codes. */
const ARRAYS: Readonly<
  Record<string, new (buffer: ArrayBuffer) => ArrayLike<number> | ArrayLike<bigint>>
> = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
};
const DIMENSIONS_MAX = 2;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Returns the header of a version 1 `.npy` file for a uint32 vector, padded so that data starts at
 * a multiple of 64.
 */
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
 * Reads the tokens of a `.npy` file: integers of any width, in one dimension or in two, row-major.
 *
 * @throws CorruptFileError for any other array, a length that contradicts the header, or an invalid token.
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
  const kind = text.match(/'descr': *'[<|]([ui][1248])'/)?.[1];
  const shape = text.match(/'shape': *\(([\d, ]*)\)/)?.[1].split(",").map((part) => part.trim())
    .filter((part) => part !== "").map(Number);
  const isFortran = /'fortran_order': *True/.test(text) && (shape?.length ?? 0) > 1;
  if (!kind || !shape || shape.length === 0 || shape.length > DIMENSIONS_MAX || isFortran) {
    return fail(
      `header is ${text.trim().slice(0, 120)}, want whole numbers in one or two dimensions`,
    );
  }
  const count = shape.reduce((product, length) => product * length, 1);
  const data = new Uint8Array(bytes.subarray(start + length)); // a copy, aligned
  const width = Number(kind[1]);
  if (data.length !== count * width) {
    fail(`${data.length} bytes of data, want ${count * width} for ${count} tokens`);
  }
  if (kind === "u4") return new Uint32Array(data.buffer);
  const values = new ARRAYS[kind](data.buffer);
  const tokens = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    tokens[i] = Number(values[i]);
    if (BigInt(values[i]) !== BigInt(tokens[i])) {
      fail(`token ${i} is ${values[i]}, want 0 to ${2 ** 32 - 1}`);
    }
  }
  return tokens;
}
