import type { SchemaElement } from "hyparquet";
import { ARROW_TYPES, type ArrowField } from "./arrow_schema.ts";
import { pandasMoment, pythonDate, pythonMoment, pythonTime } from "./dates.ts";
import { integerOfBytes, pythonDecimal } from "./decimals.ts";
import { pandasDuration, pythonDuration } from "./durations.ts";
import { storedJson } from "./json_free_value.ts";
import { pythonFloat, pythonInteger, PythonObject } from "../../python/python_object.ts";
import { zoneOf } from "./zones.ts";

/** Extension types whose values are used as stored, or are JSON. */
const KNOWN_EXTENSIONS = /^(arrow\.json|datasets\.features\.features\.Array\dDExtensionType)$/;

/** Converts a value as stored in the file to the value that Python has for it. */
export type ValueReader = (value: never) => unknown;

/** Microseconds per Parquet time unit. */
const MICROSECONDS: Readonly<Record<string, bigint>> = { MILLIS: 1000n, MICROS: 1n };
/** Microseconds per Arrow time unit, by its number, up to microseconds. */
const OF_UNIT = [1_000_000n, 1000n, 1n];

/** Maximum scale of a decimal. */
const SCALE_MAX = 76;

/** Logical types by converted type, which older files have instead. */
const OLD_TYPES: Readonly<Record<string, NonNullable<SchemaElement["logical_type"]>>> = {
  UTF8: { type: "STRING" },
  ENUM: { type: "ENUM" },
  DATE: { type: "DATE" },
  JSON: { type: "JSON" },
  BSON: { type: "BSON" },
  INTERVAL: { type: "INTERVAL" },
  TIME_MILLIS: { type: "TIME", isAdjustedToUTC: true, unit: "MILLIS" },
  TIME_MICROS: { type: "TIME", isAdjustedToUTC: true, unit: "MICROS" },
  TIMESTAMP_MILLIS: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  TIMESTAMP_MICROS: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
};

/**
 * Returns the reader of a column's values.
 *
 * @param arrow The column's field in the Arrow schema.
 * @throws RangeError if Hugging Face's datasets refuses its type, or the type is unknown here.
 */
export function valueReader(element: SchemaElement, arrow: ArrowField | undefined): ValueReader {
  const { converted_type: old, type } = element;
  const logical = element.logical_type ?? (old === undefined ? undefined : OLD_TYPES[old]);
  checkArrow(arrow);
  if (arrow?.type === ARROW_TYPES.duration) return durationReader(arrow.unit);
  if (old === "DECIMAL" || logical?.type === "DECIMAL") {
    const scale = element.scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0);
    if (!(scale >= 0 && scale <= SCALE_MAX)) throw new RangeError(`its scale is ${scale}`);
    return (value: number | bigint | Uint8Array) =>
      pythonDecimal(value instanceof Uint8Array ? integerOfBytes(value) : BigInt(value), scale);
  }
  switch (logical?.type) {
    case "JSON":
      return (bytes: Uint8Array) =>
        storedJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    case undefined:
    case "INTEGER":
    case "STRING":
    case "ENUM":
    case "BSON":
      break;
    case "NULL":
      return () => null;
    case "DATE":
      return pythonDate;
    case "TIME":
      return (value: number | bigint) => pythonTime(inMicroseconds(BigInt(value), logical.unit));
    case "TIMESTAMP":
      return momentReader(logical, arrow);
    case "FLOAT16":
      return (bytes: Uint8Array) =>
        pythonFloat(new DataView(bytes.buffer, bytes.byteOffset, 2).getFloat16(0, true));
    default:
      throw new RangeError(`its type ${logical?.type} is not supported`);
  }
  const isUnsigned = old?.startsWith("UINT_") || (logical?.type === "INTEGER" && !logical.isSigned);
  switch (type) {
    case "INT32":
      return (value: number) => isUnsigned ? value >>> 0 : value;
    case "INT64":
      return (value: bigint) => pythonInteger(isUnsigned ? BigInt.asUintN(64, value) : value);
    case "INT96":
      return pandasMoment;
    case "FLOAT":
    case "DOUBLE":
      return pythonFloat;
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return (value: string | Uint8Array) => typeof value === "string" ? value : pythonBytes(value);
    default:
      return (value: unknown) => value;
  }
}

/**
 * Rejects the types that Hugging Face's datasets rejects.
 *
 * @param arrow A column's field in the Arrow schema.
 * @throws RangeError naming the type.
 */
export function checkArrow(arrow: ArrowField | undefined): void {
  const { bits = 128, extension = "", type = 0 } = arrow ?? {};
  const isKnown = extension === "" || KNOWN_EXTENSIONS.test(extension);
  const what = !isKnown
    ? extension
    : type === ARROW_TYPES.decimal && bits < 128
    ? `decimal of ${bits} bits`
    : ARROW_TYPES.listViews.includes(type)
    ? "list view"
    : undefined;
  if (what !== undefined) throw new RangeError(`its Arrow type, ${what}, is not supported`);
}

function momentReader(
  { isAdjustedToUTC, unit }: { isAdjustedToUTC: boolean; unit: string },
  arrow: ArrowField | undefined,
): ValueReader {
  // Other writers record only whether it is an instant, which is shown in UTC.
  const name = arrow?.type === ARROW_TYPES.timestamp ? arrow.zone : isAdjustedToUTC ? "UTC" : "";
  const zone = name === "" ? undefined : zoneOf(name);
  return unit === "NANOS"
    ? (value: bigint) => pandasMoment(value, zone)
    : (value: bigint) => pythonMoment(inMicroseconds(value, unit), zone);
}

function durationReader(unit: number): ValueReader {
  const factor = OF_UNIT[unit];
  return factor === undefined
    ? (value: bigint) => pandasDuration(value)
    : (value: bigint) => pythonDuration(value * factor);
}

function inMicroseconds(value: bigint, unit: string): bigint {
  return unit === "NANOS" ? value / 1000n : value * MICROSECONDS[unit];
}

/** Returns a Python `bytes` object. */
function pythonBytes(bytes: Uint8Array): PythonObject {
  const latin = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const quote = latin.includes("'") && !latin.includes('"') ? '"' : "'";
  const named: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };
  const escaped = latin.replace(/[\\'"]|[^\x20-\x7e]/g, (letter) => {
    if (letter === "'" || letter === '"') return letter === quote ? `\\${letter}` : letter;
    return named[letter] ?? `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  const text = `b${quote}${escaped}${quote}`;
  return new PythonObject(text, text, bytes.length > 0);
}
