import { pythonJson } from "../../python/python_json.ts";

/** A row of a dataset. */
export type Document = Readonly<Record<string, unknown>>;

/** A document that lacks what its task asks for. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

/**
 * Text of a column.
 *
 * @throws DocumentError when it is something else.
 */
export function text(document: Document, column: string): string {
  const value = document[column];
  return typeof value === "string" ? value : refuse(column, value, "text");
}

/**
 * Texts of a column.
 *
 * @throws DocumentError when it is something else, or empty.
 */
export function texts(document: Document, column: string): string[] {
  const value = document[column];
  const fits = Array.isArray(value) && value.length > 0 &&
    value.every((each) => typeof each === "string");
  return fits ? value : refuse(column, value, "a list of texts");
}

/**
 * Whole number of a column, below `end`; digits in a text count as one.
 *
 * @throws DocumentError when it is something else.
 */
export function place(document: Document, column: string, end: number): number {
  const value = document[column];
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && Number(number) >= 0 && Number(number) < end
    ? Number(number)
    : refuse(column, value, `a whole number from 0 to ${end - 1}`);
}

/**
 * Columns of a column.
 *
 * @throws DocumentError when it is something else.
 */
export function record(document: Document, column: string): Document {
  const value = document[column];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Document
    : refuse(column, value, "an object");
}

/**
 * Place of a label in a list of labels.
 *
 * @throws DocumentError when it is not there.
 */
export function placeOf(label: string, labels: readonly string[], column: string): number {
  const found = labels.indexOf(label);
  return found >= 0 ? found : refuse(column, label, `one of ${labels.join(", ")}`);
}

function refuse(column: string, value: unknown, wanted: string): never {
  const met = value === undefined ? "missing" : pythonJson(value).slice(0, 80);
  throw new DocumentError(`${column} is ${met}, want ${wanted}`);
}
