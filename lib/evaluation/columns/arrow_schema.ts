import { Buffer } from "node:buffer";

/** Properties of an Arrow schema field that Parquet's schema lacks. */
export interface ArrowField {
  /** Index of its type in Arrow's `Type` union. */
  readonly type: number;
  /** Time zone of a timestamp. */
  readonly zone: string;
  /** Unit of a duration: 0 seconds, 1 ms, 2 µs, 3 ns. */
  readonly unit: number;
  /** Bit width of a decimal. */
  readonly bits: number;
  /** Name of its extension type; empty if it has none. */
  readonly extension: string;
  readonly children: ReadonlyMap<string, ArrowField>;
}

/** Indices in Arrow's `Type` union. */
export const ARROW_TYPES = {
  decimal: 7,
  timestamp: 10,
  map: 17,
  duration: 18,
  listViews: [25, 26],
};
/** Limits on the number of fields and their nesting depth. */
const FIELDS_MAX = 100_000;
const DEPTH_MAX = 100;

/**
 * Reads the fields of the Arrow schema that Parquet files store under the key `ARROW:schema`: a
 * base64-encoded encapsulated message (Arrow columnar format, Schema.fbs and Message.fbs).
 *
 * @throws RangeError if it is damaged.
 */
export function arrowFields(base64: string): ReadonlyMap<string, ArrowField> {
  try {
    return readFields(new Uint8Array(Buffer.from(base64, "base64")));
  } catch (cause) {
    throw new RangeError(`its Arrow schema is damaged: ${(cause as Error).message}`, { cause });
  }
}

function readFields(bytes: Uint8Array): ReadonlyMap<string, ArrowField> {
  const reader = new FlatBuffer(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const start = reader.view.getUint32(0, true) === 0xffffffff ? 8 : 4;
  const message = start + reader.view.getUint32(start, true);
  const schema = reader.table(message, 2);
  if (schema === undefined) throw new RangeError("its Arrow schema is empty");
  return reader.fields(reader.tables(schema, 1), 0);
}

class FlatBuffer {
  #tables = 0;

  constructor(readonly view: DataView) {}

  fields(places: readonly number[], depth: number): Map<string, ArrowField> {
    if (depth > DEPTH_MAX) throw new RangeError("its Arrow schema is nested too deeply");
    return new Map(places.map((place) => {
      const type = this.#slot(place, 2);
      const details = this.table(place, 3);
      const number = type === undefined ? 0 : this.view.getUint8(type);
      const zone = number === ARROW_TYPES.timestamp && details ? this.#text(details, 1) : "";
      const unit = details && number === ARROW_TYPES.duration ? this.#slot(details, 0) : undefined;
      const bits = details && number === ARROW_TYPES.decimal ? this.#slot(details, 2) : undefined;
      const named = this.tables(place, 6).find((at) =>
        this.#text(at, 0) === "ARROW:extension:name"
      );
      return [this.#text(place, 0), {
        type: number,
        zone,
        unit: unit === undefined ? 1 : this.view.getInt16(unit, true),
        bits: bits === undefined ? 128 : this.view.getInt32(bits, true),
        extension: named === undefined ? "" : this.#text(named, 1),
        children: this.fields(this.tables(place, 5), depth + 1),
      }];
    }));
  }

  /** Returns the offset of the table that a slot refers to. */
  table(place: number, slot: number): number | undefined {
    const at = this.#slot(place, slot);
    return at === undefined ? undefined : at + this.view.getUint32(at, true);
  }

  /** Returns the offsets of the tables in a vector. */
  tables(place: number, slot: number): number[] {
    const at = this.table(place, slot);
    if (at === undefined) return [];
    const count = this.view.getUint32(at, true);
    this.#tables += count;
    if (this.#tables > FIELDS_MAX) throw new RangeError("its Arrow schema has too many fields");
    return Array.from({ length: count }, (_, i) => {
      const item = at + 4 + 4 * i;
      return item + this.view.getUint32(item, true);
    });
  }

  #text(place: number, slot: number): string {
    const at = this.table(place, slot);
    if (at === undefined) return "";
    const length = this.view.getUint32(at, true);
    if (at + 4 + length > this.view.byteLength) {
      throw new RangeError("its Arrow schema is truncated");
    }
    return new TextDecoder().decode(
      new Uint8Array(this.view.buffer, this.view.byteOffset + at + 4, length),
    );
  }

  /** Returns the offset of a slot's value; undefined if the table lacks it. */
  #slot(place: number, slot: number): number | undefined {
    const index = place - this.view.getInt32(place, true);
    const size = this.view.getUint16(index, true);
    if (4 + 2 * slot >= size) return undefined;
    const offset = this.view.getUint16(index + 4 + 2 * slot, true);
    return offset === 0 ? undefined : place + offset;
  }
}
