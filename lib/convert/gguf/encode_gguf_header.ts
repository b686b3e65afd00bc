import { elementCount } from "../../tensor/dims.ts";
import { BLOCK_TYPES, type BlockTypeName } from "./block_types.ts";
import {
  GGUF_ALIGNMENT,
  GGUF_MAGIC,
  GGUF_VERSION,
  VALUE_BYTES,
  VALUE_KINDS,
  type ValueKind,
} from "./gguf_header.ts";

/** One entry of a file's metadata; a list where the value is one. */
export interface MetadataEntry {
  /** Key. */
  readonly key: string;
  /** Kind of the value or of the list's items. */
  readonly kind: ValueKind;
  /** The value. */
  readonly value: number | string | boolean | readonly (number | string | boolean)[];
}

/** A tensor to be listed. */
export interface ListedTensor {
  /** Name in GGUF. */
  readonly name: string;
  /** Length of every axis, outermost first. */
  readonly dims: readonly number[];
  /** Type. */
  readonly type: BlockTypeName;
}

/** Bytes of a tensor's data. */
export function tensorBytes({ dims, type }: Omit<ListedTensor, "name">): number {
  const { bytes, elements } = BLOCK_TYPES[type];
  return (elementCount(dims) / elements) * bytes;
}

/** Bytes from a tensor's start to the next one's. */
export function alignedBytes(bytes: number): number {
  return Math.ceil(bytes / GGUF_ALIGNMENT) * GGUF_ALIGNMENT;
}

/** Encodes the header of a GGUF file, padded to where its first tensor begins. */
export function encodeGgufHeader(
  metadata: readonly MetadataEntry[],
  tensors: readonly ListedTensor[],
): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.scalar("u32", GGUF_MAGIC);
  writer.scalar("u32", GGUF_VERSION);
  writer.scalar("u64", tensors.length);
  writer.scalar("u64", metadata.length);
  for (const { key, kind, value } of metadata) {
    writer.scalar("string", key);
    if (typeof value === "object") {
      writer.scalar("u32", VALUE_KINDS.indexOf("array"));
      writer.scalar("u32", VALUE_KINDS.indexOf(kind));
      writer.scalar("u64", value.length);
      for (const item of value) writer.scalar(kind, item);
    } else {
      writer.scalar("u32", VALUE_KINDS.indexOf(kind));
      writer.scalar(kind, value);
    }
  }
  let offset = 0;
  for (const tensor of tensors) {
    writer.scalar("string", tensor.name);
    writer.scalar("u32", tensor.dims.length);
    for (const dim of tensor.dims.toReversed()) writer.scalar("u64", dim);
    writer.scalar("u32", BLOCK_TYPES[tensor.type].code);
    writer.scalar("u64", offset);
    offset += alignedBytes(tensorBytes(tensor));
  }
  return writer.bytes(GGUF_ALIGNMENT);
}

class Writer {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  scalar(kind: ValueKind, value: number | string | boolean): void {
    if (kind === "string") return this.#text(String(value));
    const number = Number(value);
    const at = this.#room(VALUE_BYTES[kind]);
    // After making room, which may have replaced the view.
    const view = this.#view;
    switch (kind) {
      case "u8":
      case "bool":
        return view.setUint8(at, number);
      case "i8":
        return view.setInt8(at, number);
      case "u16":
        return view.setUint16(at, number, true);
      case "i16":
        return view.setInt16(at, number, true);
      case "u32":
        return view.setUint32(at, number, true);
      case "i32":
        return view.setInt32(at, number, true);
      case "f32":
        return view.setFloat32(at, number, true);
      case "u64":
        return view.setBigUint64(at, BigInt(number), true);
      case "i64":
        return view.setBigInt64(at, BigInt(number), true);
      case "f64":
        return view.setFloat64(at, number, true);
    }
  }

  bytes(alignment: number): Uint8Array<ArrayBuffer> {
    this.#room((alignment - (this.#at % alignment)) % alignment);
    return this.#bytes.slice(0, this.#at);
  }

  #text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.scalar("u64", bytes.length);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Makes room; returns where it begins. */
  #room(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
