import { pythonJson } from "../../python/python_json.ts";

/** A row of a dataset. */
export type Document = Readonly<Record<string, unknown>>;

/** A document that lacks data its task needs. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

/**
 * Returns the text of a column.
 *
 * @throws DocumentError if it is not a text.
 */
export function text(document: Document, column: string): string {
  const value = document[column];
  return typeof value === "string" ? value : refuse(column, value, "text");
}

/**
 * Returns the list of texts of a column.
 *
 * @throws DocumentError if it is not a list of texts, or empty.
 */
export function texts(document: Document, column: string): string[] {
  const value = document[column];
  const fits = Array.isArray(value) && value.length > 0 &&
    value.every((each) => typeof each === "string");
  return fits ? value : refuse(column, value, "a list of texts");
}

/**
 * Returns the non-negative integer of a column, below `end`; a text of digits counts as one.
 *
 * @throws DocumentError if it is not one.
 */
export function place(document: Document, column: string, end: number): number {
  const value = document[column];
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && Number(number) >= 0 && Number(number) < end
    ? Number(number)
    : refuse(column, value, `a whole number from 0 to ${end - 1}`);
}

/**
 * Returns the nested columns of a column.
 *
 * @throws DocumentError if it is not an object.
 */
export function record(document: Document, column: string): Document {
  const value = document[column];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Document
    : refuse(column, value, "an object");
}

/**
 * Returns the index of a label in a list of labels.
 *
 * @throws DocumentError if it is not in the list.
 */
export function placeOf(label: string, labels: readonly string[], column: string): number {
  const found = labels.indexOf(label);
  return found >= 0 ? found : refuse(column, label, `one of ${labels.join(", ")}`);
}

function refuse(column: string, value: unknown, wanted: string): never {
  const met = value === undefined ? "missing" : pythonJson(value).slice(0, 80);
  throw new DocumentError(`${column} is ${met}, want ${wanted}`);
}
