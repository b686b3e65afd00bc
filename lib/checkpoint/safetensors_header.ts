import { elementCount } from "../tensor/dims.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";

/** Bytes of one element of each safetensors type that this program reads. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  U16: 2,
  U32: 4,
  U64: 8,
  BOOL: 1,
};

/** Longest header that is read, as in the reference implementation. */
const HEADER_BYTES_MAX = 100_000_000;

/** Location of one tensor in a file. */
export interface TensorEntry {
  /** Element type, such as "F32". */
  readonly type: string;
  /** Length of every axis. */
  readonly dims: readonly number[];
  /** First byte in the file. */
  readonly start: number;
  /** Byte after the last one. */
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Returns the length of the header from the first eight bytes of a file.
 *
 * @throws CorruptFileError when it is longer than the file or than any real header.
 */
export function safetensorsHeaderBytes(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.length < 8) {
    throw new CorruptFileError(
      `Cannot read safetensors: file has ${fileBytes} bytes, want at least 8`,
    );
  }
  const bytes = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const max = Math.min(fileBytes - 8, HEADER_BYTES_MAX);
  if (bytes > BigInt(max) || bytes < 2n) {
    throw new CorruptFileError(
      `Cannot read safetensors: header length is ${bytes}, want 2 to ${max}`,
    );
  }
  return Number(bytes);
}

/**
 * Parses and checks a header: known types, lengths that match shapes, tensors that cover the file without
 * holes or overlaps.
 *
 * @param json Header bytes, without the length before them.
 * @param fileBytes Length of the whole file.
 * @throws CorruptFileError naming the tensor at fault.
 */
export function parseSafetensorsHeader(json: Uint8Array, fileBytes: number): SafetensorsHeader {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw new CorruptFileError("Cannot read safetensors: header is not JSON", { cause });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new CorruptFileError("Cannot read safetensors: header is not an object");
  }
  const base = 8 + json.length;
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "__metadata__") metadata = checkMetadata(value);
    else tensors.set(name, checkEntry(name, value, base));
  }
  let at = base;
  for (
    const [name, { start, end }] of [...tensors].sort(([, a], [, b]) =>
      a.start - b.start || a.end - b.end
    )
  ) {
    if (start !== at) {
      throw new CorruptFileError(
        `Cannot read safetensors: tensor "${name}" starts at byte ${start}, want ${at}`,
      );
    }
    at = end;
  }
  if (at !== fileBytes) {
    throw new CorruptFileError(
      `Cannot read safetensors: tensors end at byte ${at}, file at ${fileBytes}`,
    );
  }
  return { tensors, metadata };
}

function checkEntry(name: string, value: unknown, base: number): TensorEntry {
  const fail = (what: string): never => {
    throw new CorruptFileError(`Cannot read safetensors: tensor "${name}" ${what}`);
  };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const size = typeof dtype === "string" && Object.hasOwn(ELEMENT_BYTES, dtype)
    ? ELEMENT_BYTES[dtype]
    : fail(
      `has type ${JSON.stringify(dtype)}, want one of ${Object.keys(ELEMENT_BYTES).join(", ")}`,
    );
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (!whole(shape) || shape.length > 16) return fail(`has shape ${JSON.stringify(shape)}`);
  if (!whole(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return fail(`has offsets ${JSON.stringify(offsets)}, want [start, end]`);
  }
  const bytes = elementCount(shape) * size;
  if (bytes !== offsets[1] - offsets[0]) {
    fail(`has ${offsets[1] - offsets[0]} bytes, want ${bytes} for shape [${shape}] of ${dtype}`);
  }
  return {
    type: dtype as string,
    dims: shape,
    start: base + offsets[0],
    end: base + offsets[1],
  };
}

function checkMetadata(value: unknown): Record<string, string> {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  if (entries.some(([, text]) => typeof text !== "string")) {
    throw new CorruptFileError("Cannot read safetensors: metadata has a value that is not text");
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
