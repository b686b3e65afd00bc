/** Writer for the few Protocol Buffers wire types that ONNX needs. */
export class ProtobufWriter {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Appends a varint field; negative numbers take ten bytes, as the format requires. */
  varint(field: number, value: number | bigint): this {
    return this.#push(encodeVarint((BigInt(field) << 3n) | 0n))
      .#push(encodeVarint(BigInt.asUintN(64, BigInt(value))));
  }

  /** Appends a length-delimited field: raw bytes, text, or a nested message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): this {
    const body = typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof ProtobufWriter
      ? value.finish()
      : value;
    return this.#push(encodeVarint((BigInt(field) << 3n) | 2n))
      .#push(encodeVarint(BigInt(body.length)))
      .#push(body);
  }

  /** Appends a packed repeated integer field. */
  packed(field: number, values: readonly number[]): this {
    const inner = new ProtobufWriter();
    for (const value of values) inner.#push(encodeVarint(BigInt.asUintN(64, BigInt(value))));
    return this.bytes(field, inner);
  }

  /** Returns everything written so far as one array. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#bytes += part.length;
    return this;
  }
}

function encodeVarint(value: bigint): Uint8Array {
  const out: number[] = [];
  while (value > 127n) {
    out.push(Number(value & 127n) | 128);
    value >>= 7n;
  }
  out.push(Number(value));
  return Uint8Array.from(out);
}
