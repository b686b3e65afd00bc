import { parquetMetadata, parquetReadObjects, parquetSchema, type SchemaTree } from "hyparquet";
import { setImmediate } from "node:timers/promises";
import { compressors } from "hyparquet-compressors";
import type { Document } from "../documents/document.ts";
import { type ArrowField, arrowFields } from "./arrow_schema.ts";
import { checkKeys } from "./check_keys.ts";
import { checkFeatures } from "./hugging_face_features.ts";
import { checkArrow, type ValueReader, valueReader } from "./parquet_values.ts";

/** Maximum number of rows in a file. */
const ROWS_MAX = 5_000_000;
/** Maximum number of values over all columns. */
const VALUES_MAX = 50_000_000;

/** Parsers that return Parquet values as stored; this program interprets them. */
const PARSERS = {
  stringFromBytes: (bytes: Uint8Array | undefined) =>
    bytes && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
  timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds,
};

/**
 * Reads the rows of a Parquet file, with the values that Python has for them: ints, floats, dates, decimals,
 * bytes.
 *
 * @throws Error if it is damaged or has columns of unsupported types.
 */
export async function parquetRows(bytes: Uint8Array<ArrayBuffer>): Promise<Document[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = parquetMetadata(file);
  if (metadata.num_rows > BigInt(ROWS_MAX)) {
    throw new RangeError(`it claims ${metadata.num_rows} rows, want at most ${ROWS_MAX}`);
  }
  const values = metadata.row_groups.flatMap(({ columns }) => columns)
    .reduce((sum, { meta_data: column }) => sum + (column?.num_values ?? 0n), 0n);
  if (values > BigInt(VALUES_MAX)) {
    throw new RangeError(`it claims ${values} values, want at most ${VALUES_MAX}`);
  }
  const facts = Object.fromEntries(
    metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ""]) ?? [],
  );
  checkFeatures(facts.huggingface);
  const arrow = facts["ARROW:schema"] ? arrowFields(facts["ARROW:schema"]) : undefined;
  checkKeys(metadata.schema.map(({ name }) => name));
  const root = parquetSchema(metadata);
  const readers = root.children.map((column) => {
    const { name } = column.element;
    try {
      return [name, columnReader(column, arrow?.get(name))] as const;
    } catch (cause) {
      throw new RangeError(`column ${name.slice(0, 80)}: ${(cause as Error).message}`, { cause });
    }
  });
  const rows = await watched(() =>
    parquetReadObjects({ file, metadata, compressors, parsers: PARSERS, utf8: false })
  );
  return rows.map((row) =>
    Object.fromEntries(readers.map(([name, read]) => [name, read(row[name] as never)]))
  );
}

/**
 * Returns a reader of a column's values, and strips the leaf annotations by which the library would convert
 * them.
 */
function columnReader(node: SchemaTree, arrow: ArrowField | undefined): ValueReader {
  const { children, element } = node;
  if (children.length === 0) {
    const read = valueReader(element, arrow);
    const isText = element.converted_type === "UTF8" || element.logical_type?.type === "STRING";
    if (!isText) {
      delete element.converted_type;
      delete element.logical_type;
    }
    return nullable(element.repetition_type === "REPEATED" ? listOf(read) : read);
  }
  checkArrow(arrow);
  if (/^MAP/.test(element.converted_type ?? "") || element.logical_type?.type === "MAP") {
    throw new RangeError("its type, a map, is not supported");
  }
  const [first] = children;
  const isList = element.converted_type === "LIST" && children.length === 1 &&
    first.children.length <= 1 && first.element.repetition_type === "REPEATED";
  if (!isList && element.logical_type?.type === "LIST") {
    throw new RangeError("its type, a list without the converted type LIST, is not supported");
  }
  if (isList && first.children.length === 1 && /^array$|_tuple$/.test(first.element.name)) {
    throw new RangeError("its type, a list of older writers, is not supported");
  }
  if (isList) {
    const [item] = arrow?.children.values() ?? [];
    if (first.children.length === 1) return nullable(listOf(columnReader(first.children[0], item)));
    return columnReader(first, item);
  }
  const fields = children.map((child) =>
    [child.element.name, columnReader(child, arrow?.children.get(child.element.name))] as const
  );
  const struct = (value: Record<string, never>) =>
    Object.fromEntries(fields.map(([name, read]) => [name, read(value[name])]));
  return nullable(element.repetition_type === "REPEATED" ? listOf(struct) : struct);
}

function nullable(read: ValueReader): ValueReader {
  return (value: unknown) => value === null || value === undefined ? null : read(value as never);
}

function listOf(read: ValueReader): ValueReader {
  return (values: Iterable<unknown>) =>
    Array.from(values, nullable(read) as (each: unknown) => unknown);
}

/**
 * Suppresses unhandled rejections while `body` runs: of several damaged columns the library reports the first
 * and leaves the others as rejections without a handler, which would end the program.
 */
async function watched<Value>(body: () => Promise<Value>): Promise<Value> {
  const quiet = (event: Event) => event.preventDefault();
  addEventListener("unhandledrejection", quiet);
  try {
    return await body();
  } finally {
    await setImmediate();
    removeEventListener("unhandledrejection", quiet);
  }
}
