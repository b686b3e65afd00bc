/** A number as the unevaluated sum of two doubles, about 106 bits; `hi` is the nearest double. */
export type DoubleDouble = readonly [hi: number, lo: number];

/** 2^27 + 1, splits a double into halves of 26 bits (Dekker 1971). */
const SPLITTER = 134217729;
/** ln 2 to 106 bits. */
const LN2: DoubleDouble = [0.6931471805599453, 2.3190468138462996e-17];
/** Terms of the series of exp; the argument is at most ln 2 / 512. */
const EXP_TERMS = 11;
/** Squarings that undo the halvings of exp's argument. */
const EXP_SQUARINGS = 8;
/** Terms of the series of the logarithm; the argument is at most 0.1716. */
const LOG_TERMS = 22;

/** Sum. */
export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [hi, lo] = sum(a[0], b[0]);
  const [low, rest] = sum(a[1], b[1]);
  const [middle, tail] = quickSum(hi, lo + low);
  return quickSum(middle, tail + rest);
}

/** Product. */
export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const hi = a[0] * b[0];
  return quickSum(hi, productError(a[0], b[0], hi) + (a[0] * b[1] + a[1] * b[0]));
}

/** Quotient. */
export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a[0] / b[0];
  const rest = add(a, multiply(b, [-first, 0]));
  const second = rest[0] / b[0];
  const last = add(rest, multiply(b, [-second, 0]))[0] / b[0];
  return add(quickSum(first, second), [last, 0]);
}

/** e to the power of a number, rounded to a double. */
export function exp(x: DoubleDouble): number {
  if (!(Math.abs(x[0]) < 800)) return x[0] < 0 ? 0 : x[0] > 0 ? Infinity : NaN;
  const exponent = Math.round(x[0] / LN2[0]);
  const rest = add(x, multiply(LN2, [-exponent, 0]));
  const scale = powerOfTwo(-EXP_SQUARINGS);
  const small: DoubleDouble = [rest[0] * scale, rest[1] * scale];
  // exp(small) - 1 by Horner's scheme; squared as (1 + p)^2 - 1 = p (2 + p).
  let p: DoubleDouble = [0, 0];
  for (let n = EXP_TERMS; n >= 1; n--) {
    p = divide(multiply(small, add([1, 0], p)), [n, 0]);
  }
  for (let i = 0; i < EXP_SQUARINGS; i++) p = multiply(p, add([2, 0], p));
  const [hi, lo] = add([1, 0], p);
  // In two steps, since 2^exponent alone may be no double.
  const half = Math.trunc(exponent / 2);
  return (hi + lo) * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** Natural logarithm of a positive, finite number. */
export function log(x: number): DoubleDouble {
  let [mantissa, exponent] = [x, 0];
  while (mantissa < Math.SQRT1_2) [mantissa, exponent] = [mantissa * 2, exponent - 1];
  while (mantissa > Math.SQRT2) [mantissa, exponent] = [mantissa / 2, exponent + 1];
  // log m = 2 artanh((m - 1) / (m + 1)).
  const s = divide(sum(mantissa, -1), sum(mantissa, 1));
  const square = multiply(s, s);
  let series: DoubleDouble = [0, 0];
  for (let n = LOG_TERMS; n >= 0; n--) {
    series = add(multiply(series, square), divide([1, 0], [2 * n + 1, 0]));
  }
  return add(multiply(multiply([2, 0], s), series), multiply(LN2, [exponent, 0]));
}

/** From its bits, for exponents from -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint16(0, (exponent + 1023) << 4);
  return bits.getFloat64(0);
}

function sum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const part = hi - a;
  return [hi, (a - (hi - part)) + (b - part)];
}

/** The same where a is not smaller than b. */
function quickSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return [hi, b - (hi - a)];
}

function productError(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [high(a), high(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow;
}

function high(a: number): number {
  const scaled = SPLITTER * a;
  return scaled - (scaled - a);
}
