import { InputError } from "../../input/input_error.ts";
import { toFloat32 } from "../../checkpoint/to_float32.ts";
import type { FloatType } from "./float_type.ts";
import type { LossReport } from "./loss_report.ts";

/**
 * Converts floats with round-to-nearest-even.
 *
 * @param name Tensor, named in the report and in errors.
 * @param report Takes what rounding changes.
 * @returns Little-endian elements; the bytes themselves when the types are the same.
 * @throws InputError when a value is not finite, or too large for the type.
 */
export function convertFloats(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  from: FloatType,
  to: FloatType,
  report: LossReport,
): Uint8Array<ArrayBuffer> {
  if (from === to) return bytes;
  if (from === "BF16" && to === "F16" || from === "F16" && to === "BF16") {
    return convertByTable(name, bytes, from, to, report);
  }
  const before = from === "F64" && to !== "F32" ? doubles(bytes) : toFloat32(from, bytes);
  const after = encode(before, to);
  if (from === "F64") measure(name, doubles(bytes), toFloats(after, to), to, report);
  else if (to === "F16" || to === "BF16") measure(name, before, toFloats(after, to), to, report);
  return after;
}

function doubles(bytes: Uint8Array): Float64Array<ArrayBuffer> {
  return new Float64Array(bytes.slice().buffer);
}

function toFloats(bytes: Uint8Array<ArrayBuffer>, type: FloatType): ArrayLike<number> {
  return type === "F64" ? new Float64Array(bytes.buffer) : toFloat32(type, bytes);
}

function encode(values: Float32Array | Float64Array, to: FloatType): Uint8Array<ArrayBuffer> {
  switch (to) {
    case "F64":
      return new Uint8Array(Float64Array.from(values).buffer);
    case "F32":
      return new Uint8Array(Float32Array.from(values).buffer);
    case "F16":
      return new Uint8Array(Float16Array.from(values).buffer);
    case "BF16":
      return new Uint8Array(bf16Bits(values).buffer);
  }
}

/** Upper halves of f32 words, rounded to nearest, ties to even. */
function bf16Bits(values: Float32Array | Float64Array): Uint16Array<ArrayBuffer> {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const result = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    // A NaN whose payload would be rounded away stays one.
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    result[i] = isNan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return result;
}

function measure(
  name: string,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  to: FloatType,
  report: LossReport,
): void {
  let [largest, errors, values] = [0, 0, 0];
  for (let i = 0; i < before.length; i++) {
    const error = Math.abs(before[i] - after[i]);
    if (error > largest) largest = error;
    errors += error * error;
    values += before[i] * before[i];
  }
  if (!Number.isFinite(errors)) throw tooLarge(name, before, to);
  report.add(name, largest, errors, values);
}

/** Every value of a 16-bit type as the other type has it, and what is lost by that. */
interface Table {
  readonly codes: Uint16Array;
  readonly before: Float32Array;
  readonly errors: Float64Array;
}

const TABLES = new Map<FloatType, Table>();

function tableOf(from: "F16" | "BF16", to: "F16" | "BF16"): Table {
  const known = TABLES.get(from);
  if (known) return known;
  const all = Uint16Array.from({ length: 65536 }, (_, code) => code);
  const before = toFloat32(from, new Uint8Array(all.buffer));
  const bytes = encode(before, to);
  const after = toFloat32(to, bytes);
  const errors = Float64Array.from(before, (value, code) => Math.abs(value - after[code]));
  const table = { codes: new Uint16Array(bytes.buffer), before, errors };
  TABLES.set(from, table);
  return table;
}

/** Between types of 16 bits: a table of all values, and how often each occurs. */
function convertByTable(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  from: "F16" | "BF16",
  to: "F16" | "BF16",
  report: LossReport,
): Uint8Array<ArrayBuffer> {
  const table = tableOf(from, to);
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const result = new Uint16Array(codes.length);
  const counts = new Uint32Array(65536);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    result[i] = table.codes[code];
    counts[code]++;
  }
  let [largest, errors, values] = [0, 0, 0];
  for (let code = 0; code < counts.length; code++) {
    if (counts[code] === 0) continue;
    const error = table.errors[code];
    if (!Number.isFinite(error)) throw tooLarge(name, [table.before[code]], to);
    largest = Math.max(largest, error);
    errors += counts[code] * error * error;
    values += counts[code] * table.before[code] ** 2;
  }
  report.add(name, largest, errors, values);
  return new Uint8Array(result.buffer);
}

function tooLarge(name: string, values: ArrayLike<number>, to: FloatType): InputError {
  const largest = Array.from(values).find((value) => !Number.isFinite(value)) ??
    Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return new InputError(`Cannot convert tensor "${name}" to ${to}: it holds ${largest}`);
}
