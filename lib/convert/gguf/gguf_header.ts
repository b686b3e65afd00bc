import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { elementCount } from "../../tensor/dims.ts";
import { BLOCK_TYPES, type BlockTypeName } from "./block_types.ts";

/** A value of a file's metadata: a number, a text, a truth, or a list of one of them. */
export type GgufValue =
  | number
  | bigint
  | string
  | boolean
  | readonly (number | bigint | string | boolean)[];

/** Kinds of metadata values, by their number in files. */
export const VALUE_KINDS = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;

/** Kind of a metadata value. */
export type ValueKind = Exclude<typeof VALUE_KINDS[number], "array">;

/** A tensor as a GGUF file lists it. */
export interface GgufTensor {
  /** Name in GGUF. */
  readonly name: string;
  /** Length of every axis, outermost first. */
  readonly dims: readonly number[];
  /** Type. */
  readonly type: BlockTypeName;
  /** First byte in the file. */
  readonly start: number;
  /** Byte after the last. */
  readonly end: number;
}

/** A checked header. */
export interface GgufHeader {
  /** Metadata by key. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Version of the format. */
export const GGUF_VERSION = 3;
/** Default alignment of tensors. */
export const GGUF_ALIGNMENT = 32;
/** "GGUF" as a little-endian word. */
export const GGUF_MAGIC = 0x46554747;

const TENSORS_MAX = 100_000;
const KEYS_MAX = 100_000;
const ITEMS_MAX = 20_000_000;
const TEXT_BYTES_MAX = 200_000_000;
const DIMS_MAX = 4;

/** The file ends before its header; more of it may have to be read. */
export class HeaderCutError extends Error {
  override readonly name = "HeaderCutError";
}

/**
 * Parses the header of a GGUF file of version 3.
 *
 * @param bytes Beginning of the file.
 * @param fileBytes Length of the whole file.
 * @throws HeaderCutError when `bytes` end within the header.
 * @throws CorruptFileError naming key or tensor, and the byte.
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number): GgufHeader {
  const reader = new Reader(bytes, fileBytes);
  if (reader.number("u32") !== GGUF_MAGIC) throw reader.corrupt("it does not begin with GGUF");
  const version = reader.number("u32");
  if (version !== GGUF_VERSION && version !== 2) {
    throw reader.corrupt(`its version is ${version}, want ${GGUF_VERSION}`);
  }
  const tensorCount = reader.count("tensors", TENSORS_MAX);
  const keyCount = reader.count("keys", KEYS_MAX);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = reader.text("key");
    if (metadata.has(key)) throw reader.corrupt(`the key ${JSON.stringify(key)} is there twice`);
    metadata.set(key, reader.value(key));
  }
  const alignment = metadata.get("general.alignment") ?? GGUF_ALIGNMENT;
  if (
    typeof alignment !== "number" ||
    !(Number.isInteger(alignment) && alignment >= 1 && alignment <= 65536)
  ) {
    throw reader.corrupt(`general.alignment is ${String(alignment).slice(0, 40)}, want 1 to 65536`);
  }
  const listed = Array.from({ length: tensorCount }, () => reader.tensor());
  const base = Math.ceil(reader.at / alignment) * alignment;
  return { metadata, tensors: placeTensors(listed, base, alignment, fileBytes, reader) };
}

/** Offsets become places in the file; they have to be aligned, apart and within it. */
function placeTensors(
  listed: readonly (Omit<GgufTensor, "end">)[],
  base: number,
  alignment: number,
  fileBytes: number,
  reader: Reader,
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const { dims, name, start: offset, type } of listed) {
    const { bytes, elements } = BLOCK_TYPES[type];
    const start = base + offset;
    const end = start + (elementCount(dims) / elements) * bytes;
    if (tensors.has(name)) throw reader.corrupt(`tensor "${name}" is there twice`);
    if (offset % alignment !== 0) throw reader.corrupt(`tensor "${name}" is not aligned`);
    if (end > fileBytes) {
      throw reader.corrupt(`tensor "${name}" ends at byte ${end}, the file at ${fileBytes}`);
    }
    tensors.set(name, { name, dims, type, start, end });
  }
  let at = base;
  for (const { end, name, start } of [...tensors.values()].sort((a, b) => a.start - b.start)) {
    if (start < at) throw reader.corrupt(`tensor "${name}" overlaps another one`);
    at = end;
  }
  return tensors;
}

/** Bytes of values by their kind. */
export const VALUE_BYTES: Readonly<Record<Exclude<ValueKind, "string">, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
};

class Reader {
  at = 0;
  #items = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array, readonly fileBytes: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  corrupt(what: string): CorruptFileError {
    return new CorruptFileError(`Cannot read GGUF: ${what} (byte ${this.at})`);
  }

  #take(count: number): number {
    if (this.at + count > this.fileBytes) throw this.corrupt("the file ends within its header");
    if (this.at + count > this.bytes.length) throw new HeaderCutError("header is longer");
    const at = this.at;
    this.at += count;
    return at;
  }

  number(kind: "u32"): number {
    return Number(this.#scalar(kind));
  }

  count(what: string, max: number): number {
    const count = this.#view.getBigUint64(this.#take(8), true);
    if (count > BigInt(max)) throw this.corrupt(`it has ${count} ${what}, want at most ${max}`);
    return Number(count);
  }

  text(what: string): string {
    const length = this.count(`bytes of a ${what}`, TEXT_BYTES_MAX);
    const at = this.#take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes.subarray(at, at + length));
    } catch (cause) {
      throw new CorruptFileError(`Cannot read GGUF: a ${what} is not UTF-8 (byte ${at})`, {
        cause,
      });
    }
  }

  value(key: string): GgufValue {
    const kind = this.#kind(key);
    if (kind !== "array") return this.#scalar(kind);
    const inner = this.#kind(key);
    if (inner === "array") throw this.corrupt(`${key} is a list of lists`);
    const length = this.count(`items in ${key}`, ITEMS_MAX);
    this.#items += length;
    if (this.#items > ITEMS_MAX) throw this.corrupt(`its lists have more than ${ITEMS_MAX} items`);
    // Before anything is allocated: the file has to be as long as the list needs.
    if (this.at + length * (inner === "string" ? 8 : VALUE_BYTES[inner]) > this.fileBytes) {
      throw this.corrupt(`the file ends within ${key}`);
    }
    return Array.from({ length }, () => this.#scalar(inner));
  }

  #kind(key: string): typeof VALUE_KINDS[number] {
    const code = this.number("u32");
    const kind = VALUE_KINDS[code];
    if (kind === undefined) throw this.corrupt(`${key} has a value of kind ${code}`);
    return kind;
  }

  #scalar(kind: ValueKind): number | bigint | string | boolean {
    if (kind === "string") return this.text("text");
    const at = this.#take(VALUE_BYTES[kind]);
    switch (kind) {
      case "u8":
        return this.#view.getUint8(at);
      case "i8":
        return this.#view.getInt8(at);
      case "u16":
        return this.#view.getUint16(at, true);
      case "i16":
        return this.#view.getInt16(at, true);
      case "u32":
        return this.#view.getUint32(at, true);
      case "i32":
        return this.#view.getInt32(at, true);
      case "f32":
        return this.#view.getFloat32(at, true);
      case "bool":
        return this.#view.getUint8(at) !== 0;
      case "u64":
        return this.#view.getBigUint64(at, true);
      case "i64":
        return this.#view.getBigInt64(at, true);
      case "f64":
        return this.#view.getFloat64(at, true);
    }
  }

  tensor(): Omit<GgufTensor, "end"> {
    const name = this.text("tensor name");
    const axes = this.number("u32");
    if (axes > DIMS_MAX) throw this.corrupt(`tensor "${name}" has ${axes} axes`);
    const dims = Array.from({ length: axes }, () => this.count(`rows in "${name}"`, 2 ** 40));
    const code = this.number("u32");
    const found = Object.entries(BLOCK_TYPES).find(([, type]) => type.code === code);
    if (!found) {
      throw this.corrupt(
        `tensor "${name}" has type ${code}, want one of ${Object.keys(BLOCK_TYPES).join(", ")}`,
      );
    }
    const [type, { elements }] = found as [BlockTypeName, { elements: number }];
    if ((dims[0] ?? 1) % elements !== 0) {
      throw this.corrupt(`tensor "${name}" has rows of ${dims[0]}, want multiples of ${elements}`);
    }
    const start = this.count(`bytes before "${name}"`, this.fileBytes);
    return { name, dims: dims.reverse(), type, start };
  }
}
