import type { Document } from "../documents/document.ts";
import { rowsOfValues } from "./json_columns.ts";
import { keepNumber, WrittenNumber } from "./json_number.ts";

/** Matches a number with a point, an exponent, a sign before zero, or more digits than a double holds. */
const DELICATE = /\d\.\d|\d[eE][-+\d]|\d{16}|-0/;
const [QUOTE, BACKSLASH, COLON] = [...'"\\:'].map((letter) => letter.charCodeAt(0));
/** Maximum nesting depth. */
const DEPTH_MAX = 500;
/** File size in bytes above which the reader infers types from the beginning. */
const WHOLE_MAX = 10_000_000;

/** Escapes of unpaired surrogates. */
const HALVES = new RegExp(
  "(?<!\\\\)(?:\\\\\\\\)*(?:\\\\u[dD][89abAB]..(?!\\\\u[dD][c-fC-F])|(?<!\\\\u[dD][89abAB]..)\\\\u[dD][c-fC-F])",
);

/**
 * Reads rows from JSON lines, or from one object over several lines, as the `json` reader of Hugging Face's
 * datasets does: a missing key becomes null, a column of integers and other numbers becomes floats, and a
 * column whose texts are all ISO dates becomes timestamps.
 *
 * @throws Error naming the invalid line, or if its columns are read in a way that is not reproduced here.
 */
export function jsonLines(text: string): Document[] {
  const isLarge = text.length > WHOLE_MAX;
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > 1 && lines[0].trim() === "{") {
    return rowsOfValues([parsed(text)], { isLined: false, isRewritten: false, isLarge });
  }
  let isLined = true;
  const values = lines.flatMap((line, index) => {
    if (/^[ \t]*$/.test(line)) {
      isLined = false;
      return [];
    }
    try {
      return [parsed(line)];
    } catch (cause) {
      throw new RangeError(`line ${index + 1}: ${(cause as Error).message}`, { cause });
    }
  });
  if (values.length === 0) throw new RangeError("it is empty, want rows");
  return rowsOfValues(values, { isLined, isRewritten: false, isLarge });
}

/**
 * Reads the rows of a JSON list; items that are not objects become rows with one column, `text`.
 */
export function jsonList(text: string): Document[] {
  const items = parsed(text);
  if (!Array.isArray(items) || items.length === 0) {
    throw new RangeError("it is not a list of objects");
  }
  const isNamed = text.slice(0, 100).split('"', 1)[0].includes("{");
  return rowsOfValues(isNamed ? items : items.map((item) => ({ text: item })), {
    isLined: true,
    isRewritten: true,
    isLarge: text.length > WHOLE_MAX,
  });
}

/**
 * Reads the rows of the list under a key. These are read by pandas, which has different rules; values that it
 * would change are refused.
 *
 * @throws Error if the list is missing or would be changed.
 */
export function jsonField(text: string, field: string): Document[] {
  const whole = JSON.parse(text);
  const value = (whole as Record<string, unknown> | null)?.[field];
  if (!Array.isArray(value) || value.length === 0) {
    throw new RangeError(`${field} is not a list of objects`);
  }
  const items = (parsed(text) as Record<string, unknown>)[field] as unknown[];
  const rows = rowsOfValues(items, { isLined: false, isRewritten: true, isLarge: false });
  for (const column of Object.keys(rows[0])) {
    const each = rows.map((row) => row[column]);
    const isDated = /^(date|timestamp.*|modified.*|.*_at|.*_time)$/i.test(column);
    const isChanged = each.some((one) =>
      typeof one === "object"
        ? !Array.isArray(one)
        : typeof one === "number" && !Number.isInteger(one)
    );
    if (isDated || isChanged) {
      throw new RangeError(
        `column ${column} of ${field} would not be read verbatim: want texts, lists and integers, none missing`,
      );
    }
  }
  return rows;
}

function parsed(text: string): unknown {
  if (HALVES.test(text)) throw new SyntaxError("a text has an unpaired surrogate");
  const value = DELICATE.test(text) ? JSON.parse(text, keepNumber) : JSON.parse(text);
  if (colonsOf(text) > keysOf(value, 0)) throw new SyntaxError("duplicate key");
  return value;
}

/** Counts the colons outside of strings. */
function colonsOf(text: string): number {
  let count = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === QUOTE) isInside = !isInside;
    else if (isInside && letter === BACKSLASH) at++;
    else if (!isInside && letter === COLON) count++;
  }
  return count;
}

function keysOf(value: unknown, depth: number): number {
  if (depth > DEPTH_MAX) throw new RangeError(`it is nested more than ${DEPTH_MAX} deep`);
  if (typeof value !== "object" || value === null || value instanceof WrittenNumber) return 0;
  const inner = Object.values(value);
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce((sum: number, each) => sum + keysOf(each, depth + 1), own);
}
