import type { Document } from "../documents/document.ts";
import { checkKeys } from "./check_keys.ts";
import { pythonMoment } from "./dates.ts";
import { isoMoment } from "./iso_moment.ts";
import { freeValue } from "./json_free_value.ts";
import { checkWhole, doubleOf, isInteger, rewritten, WrittenNumber } from "./json_number.ts";
import { pythonFloat, pythonInteger } from "../../python/python_object.ts";

/** Maximum nesting depth. */
const DEPTH_MAX = 100;

/** Limits for sparse columns: total cells, and cells per present value. Both must be exceeded. */
const CELLS_MAX = 2_000_000;
const SPARSE_MAX = 50;

type Kind = "boolean" | "number" | "text" | "list" | "object";

/** Common type of all values at one path. */
type Type =
  /** `free`: mixed kinds, or objects with different keys; each value stays as written. */
  | { readonly kind: "null" | "boolean" | "integer" | "float" | "text" | "moment" | "free" }
  | { readonly kind: "list"; readonly items: Type }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Type> };

/** Properties of a file that determine how it is read. */
export interface Reading {
  /** Whether every row is on a separate line; objects with different keys then keep their keys. */
  readonly isLined: boolean;
  /** Whether the reader rewrites the file before reading it. */
  readonly isRewritten: boolean;
  /** Whether it is so large that the reader infers types from its beginning. */
  readonly isLarge: boolean;
}

/**
 * Converts values to rows of a table, in which all values at one path share a type.
 *
 * @throws RangeError if the reader would change values in ways that are not reproduced here.
 */
export function rowsOfValues(values: readonly unknown[], reading: Reading): Document[] {
  const stray = values.find((value) => kindOf(value) !== "object");
  if (stray !== undefined) {
    throw new RangeError(`a row is ${JSON.stringify(stray)?.slice(0, 80)}, want an object`);
  }
  const type = fieldsType(values as Record<string, unknown>[], reading, 0);
  if (type.fields.size === 0) throw new RangeError("its rows have no columns");
  const isRewritten = reading.isRewritten || hasFree(type);
  return values.map((value) => converted(type, value, isRewritten) as Document);
}

function kindOf(value: unknown): Kind | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number" || value instanceof WrittenNumber) return "number";
  return Array.isArray(value) ? "list" : "object";
}

function typeOf(values: readonly unknown[], reading: Reading, depth: number): Type {
  if (depth > DEPTH_MAX) throw new RangeError(`it is nested more than ${DEPTH_MAX} deep`);
  const present = values.filter((value) => value !== null && value !== undefined);
  const kinds = new Set(present.map(kindOf));
  const [kind] = kinds;
  if (kinds.size > 1) {
    if (reading.isLined && !reading.isLarge) return { kind: "free" };
    throw new RangeError(`values of one column are of several kinds: ${[...kinds].join(", ")}`);
  }
  switch (kind) {
    case undefined:
      return { kind: "null" };
    case "boolean":
      return { kind };
    case "number":
      return { kind: numberKind(present as WrittenNumber[], reading) };
    case "text":
      return {
        kind: (present as string[]).every((text) => isoMoment(text) !== undefined)
          ? "moment"
          : "text",
      };
    case "list":
      checkNulls(present as unknown[][]);
      return { kind, items: typeOf((present as unknown[][]).flat(), reading, depth + 1) };
    case "object": {
      const objects = present as Record<string, unknown>[];
      if (reading.isLined && !sameKeys(objects)) {
        if (!reading.isLarge) return { kind: "free" };
        throw new RangeError("objects of one column have different keys, in too large a file");
      }
      return fieldsType(objects, reading, depth);
    }
  }
}

function numberKind(numbers: readonly WrittenNumber[], { isLarge }: Reading) {
  const integers = numbers.filter(isInteger).length;
  if (integers === numbers.length) return "integer";
  if (integers === 0 || !isLarge) return "float";
  throw new RangeError("a column mixes integers and other numbers, in too large a file");
}

function fieldsType(objects: readonly Record<string, unknown>[], reading: Reading, depth: number) {
  const keys = new Set(objects.flatMap((object) => Object.keys(object)));
  checkKeys(keys);
  const cells = objects.length * keys.size;
  if (
    cells > CELLS_MAX &&
    cells > SPARSE_MAX * objects.reduce((sum, each) => sum + Object.keys(each).length, 0)
  ) {
    throw new RangeError(`${objects.length} objects have ${keys.size} different keys`);
  }
  const fields = new Map([...keys].map((key) => {
    const values = objects.map((object) => Object.hasOwn(object, key) ? object[key] : null);
    return [key, typeOf(values, reading, depth + 1)];
  }));
  return { kind: "object" as const, fields };
}

function sameKeys(objects: readonly Record<string, unknown>[]): boolean {
  const first = new Set(Object.keys(objects[0]));
  return first.size > 0 && objects.every((object) => {
    const keys = Object.keys(object);
    return keys.length === first.size && keys.every((key) => first.has(key));
  });
}

/**
 * Rejects nulls at the start of a column's first lists: the table reader miscounts them and rereads
 * everything.
 */
function checkNulls(lists: readonly (readonly unknown[])[]): void {
  for (const list of lists) {
    const first = list.findIndex((each) => each !== null);
    if (first === 0) return;
    if (first > 0 || list.length > 1) {
      throw new RangeError("the first list of a column begins with null, want a value there");
    }
  }
}

function hasFree(type: Type): boolean {
  if (type.kind === "list") return hasFree(type.items);
  return type.kind === "object" ? [...type.fields.values()].some(hasFree) : type.kind === "free";
}

function converted(type: Type, value: unknown, isRewritten: boolean): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case "list":
      return (value as unknown[]).map((each) => converted(type.items, each, isRewritten));
    case "object": {
      const object = value as Record<string, unknown>;
      const entries = [...type.fields].map((
        [key, field],
      ) => [key, converted(field, Object.hasOwn(object, key) ? object[key] : null, isRewritten)]);
      return Object.fromEntries(entries);
    }
    case "integer":
      return pythonInteger(value instanceof WrittenNumber ? BigInt(value.text) : value as number);
    case "float": {
      const number = value as WrittenNumber;
      const isWhole = typeof number === "number" || /^-?\d+$/.test(number.text);
      if (isRewritten && isWhole && typeof number !== "number") checkWhole(number);
      return pythonFloat(doubleOf(isRewritten && !isWhole ? rewritten(number) : number));
    }
    case "moment":
      return pythonMoment(isoMoment(value as string)! * 1_000_000n);
    case "free":
      return freeValue(value);
    default:
      return value;
  }
}
