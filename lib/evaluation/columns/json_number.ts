/** A JSON number as written; its type depends on the other numbers of its column. */
export class WrittenNumber {
  /** @param text Digits with optional sign, point and exponent. */
  constructor(readonly text: string) {}
}

const INTEGER_MAX = 2n ** 63n - 1n;
/** Maximum decimal places that pandas reads, and that it writes. */
const PLACES_READ = 15;
const PLACES_WRITTEN = 10;
/** Magnitudes between which pandas writes numbers without an exponent. */
const FIXED = [1e-15, 1e16 - 1];

/** Reports whether a number is an integer that fits in 64 bits. */
export function isInteger(value: number | WrittenNumber): boolean {
  if (typeof value === "number") return true;
  if (!/^-?\d{1,19}$/.test(value.text)) return false;
  const integer = BigInt(value.text);
  return integer <= INTEGER_MAX && integer >= -INTEGER_MAX - 1n;
}

/** Converts a number to a double with a single rounding. */
export function doubleOf(value: number | WrittenNumber): number {
  const double = typeof value === "number" ? value : Number(value.text);
  if (Number.isFinite(double)) return double;
  throw tooLarge((value as WrittenNumber).text);
}

/**
 * Converts a number as pandas' JSON reader does, which multiplies digits and so rounds more than once.
 *
 * @throws RangeError when it is too large.
 */
export function looseDouble(value: number | WrittenNumber): number {
  const text = typeof value === "number" ? String(value) : value.text;
  const [, sign, whole, digits = "", exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(
    text,
  )!;
  if (BigInt(whole) >= 2n ** 64n) throw tooLarge(text);
  const read = digits.slice(0, PLACES_READ);
  let fraction = 0;
  for (const digit of read) fraction = fraction * 10 + Number(digit);
  let size = Number(whole) + fraction * Number(`1e-${read.length}`);
  if (exponent !== undefined) size *= Number(`1e${exponent}`);
  if (!Number.isFinite(size)) throw tooLarge(text);
  return sign === "" ? size : -size;
}

/**
 * Returns the number as pandas rewrites it, with ten places.
 *
 * @throws RangeError when it is too large.
 */
export function rewritten(value: number | WrittenNumber): WrittenNumber {
  const double = looseDouble(value);
  const size = Math.abs(double);
  const sign = double < 0 ? "-" : "";
  const [smallest, largest] = FIXED;
  if (size > largest || (size !== 0 && size < smallest)) {
    return new WrittenNumber(sign + String(Number(size.toPrecision(PLACES_WRITTEN))));
  }
  let whole = Math.trunc(size);
  const scaled = (size - whole) * 10 ** PLACES_WRITTEN;
  let part = Math.trunc(scaled);
  const rest = scaled - part;
  if (rest > 0.5 || (rest === 0.5 && (part === 0 || part % 2 === 1))) part++;
  if (part >= 10 ** PLACES_WRITTEN) [part, whole] = [0, whole + 1];
  const places = String(part).padStart(PLACES_WRITTEN, "0").replace(/0+$/, "") || "0";
  return new WrittenNumber(`${sign}${BigInt(whole)}.${places}`);
}

function tooLarge(text: string): RangeError {
  return new RangeError(`the number ${text.slice(0, 40)} is too large`);
}

/**
 * Checks an integer of a rewritten file, which is kept as written but must fit in 64 bits.
 *
 * @throws RangeError when it is too large.
 */
export function checkWhole({ text }: WrittenNumber): void {
  if (BigInt(text) >= 2n ** 64n || BigInt(text) < -INTEGER_MAX - 1n) throw tooLarge(text);
}

/** `JSON.parse` reviver that keeps the source text of numbers that a double does not fully describe. */
export function keepNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const isPlain = /^(?:0|-?[1-9]\d{0,14})$/.test(context.source);
  return isPlain ? value : new WrittenNumber(context.source);
}
