import { PythonObject } from "../../python/python_object.ts";

/** Smallest exponent of the first digit that `str(Decimal)` writes without an exponent. */
const EXPONENT_MIN = -6;

/** Maximum length of a decimal, in bytes. */
const BYTES_MAX = 32;

/**
 * Returns a `decimal.Decimal`.
 *
 * @param digits Unscaled value: the decimal times ten to the power of `scale`.
 */
export function pythonDecimal(digits: bigint, scale: number): PythonObject {
  const sign = digits < 0n ? "-" : "";
  const all = String(digits < 0n ? -digits : digits);
  const exponent = all.length - 1 - scale;
  const text = exponent < EXPONENT_MIN
    ? `${all[0]}${all.length > 1 ? `.${all.slice(1)}` : ""}E${exponent}`
    : fixed(all, scale);
  return new PythonObject(sign + text, `Decimal('${sign}${text}')`, digits !== 0n);
}

function fixed(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const padded = digits.padStart(scale + 1, "0");
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/**
 * Decodes a big-endian two's complement integer.
 *
 * @throws RangeError if it is longer than a decimal can be.
 */
export function integerOfBytes(bytes: Uint8Array): bigint {
  if (bytes.length > BYTES_MAX) throw new RangeError(`a decimal has ${bytes.length} bytes`);
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, value);
}
