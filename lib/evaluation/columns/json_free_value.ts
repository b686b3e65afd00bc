import { checkKeys } from "./check_keys.ts";
import { isInteger, keepNumber, looseDouble, rewritten, WrittenNumber } from "./json_number.ts";
import { pythonFloat, pythonInteger } from "../../python/python_object.ts";

/**
 * Returns a value of a column with mixed kinds. The reader keeps each value as JSON and parses it on use, so
 * a text that is valid JSON becomes its parsed value.
 *
 * @throws RangeError if its lenient parser would accept a text that is not JSON.
 */
export function freeValue(value: unknown): unknown {
  if (typeof value !== "string") return plain(value);
  try {
    return plain(JSON.parse(value, keepNumber));
  } catch (cause) {
    if (cause instanceof RangeError || isLoose(value)) {
      throw new RangeError(
        `the text ${
          JSON.stringify(value).slice(0, 80)
        } is in a column of several kinds, where it may be read as a number or list`,
        { cause },
      );
    }
    return value;
  }
}

/**
 * Reports whether a text is JSON except for leading zeros, trailing points and commas, and NaN or Infinity.
 */
function isLoose(text: string): boolean {
  if (/^\s*(?:-|-?\d+(?:\.\d*)?(?:[eE][-+]?\d*)?)\s*$/.test(text)) return true;
  const strict = text.replace(/-?Infinity|NaN/g, "null").replace(/,(\s*\})/g, "$1")
    .replace(/(?<![\d.])-?0+(?=\d)/g, "").replace(/(\d)\.(?!\d)/g, "$1")
    .replace(/-(?!\d)/g, "0");
  try {
    JSON.parse(strict);
    return true;
  } catch {
    return false;
  }
}

/**
 * Parses a JSON text that a table stores as a value.
 *
 * @throws Error if it is not valid.
 */
export function storedJson(text: string): unknown {
  return plain(JSON.parse(text, keepNumber), (number) => number);
}

function plain(
  value: unknown,
  written: (number: number | WrittenNumber) => number | WrittenNumber = rewritten,
): unknown {
  if (typeof value === "number" || value instanceof WrittenNumber) {
    if (!isInteger(value)) return pythonFloat(looseDouble(written(value)));
    return pythonInteger(typeof value === "number" ? value : BigInt(value.text));
  }
  if (Array.isArray(value)) return value.map((each) => plain(each, written));
  if (typeof value !== "object" || value === null) return value;
  checkKeys(Object.keys(value));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, plain(each, written)]),
  );
}
