import type { Budget } from "./_budget.ts";
import { METHODS } from "./_methods.ts";
import { itemsOf, type JinjaValue, textOf } from "./python_value.ts";

/** Kinds of values that have parts, or that everything is missing of. */
const PARTED = /^(String|Array|Tuple|Object|Namespace|Loop|Null)Value$/;

/**
 * `object.name` where it is not called; undefined where there is none.
 *
 * @throws TypeError for what Python has there and is not known here: methods, parts of `loop`.
 */
export function attribute(object: JinjaValue, name: string): JinjaValue | undefined {
  const { type, value } = object;
  if (!PARTED.test(type)) throw new TypeError(`of a ${type} is not known here`);
  const entries = type === "ObjectValue" || type === "NamespaceValue" || type === "LoopValue"
    ? value
    : undefined;
  const found = entries?.get(name);
  if (found) return found;
  const isMethod = Object.hasOwn(METHODS[type] ?? {}, name);
  if (isMethod || type === "LoopValue") throw new TypeError("is not known here");
  return undefined;
}

/** `object[key]`; undefined where there is none. */
export function part(object: JinjaValue, key: JinjaValue, make: Budget): JinjaValue | undefined {
  const name = textOf(key);
  if (name !== undefined || !PARTED.test(object.type)) return attribute(object, name ?? "");
  if (key.type !== "IntegerValue") throw new TypeError(`by a ${key.type} is not known here`);
  const text = textOf(object);
  if (text === undefined) return itemsOf(object)?.at(key.value);
  const letter = [...text].at(key.value);
  return letter === undefined ? undefined : make.plain(letter);
}

/** Bounds of a slice; undefined where they are left out. */
export type SliceBounds = readonly [
  start: number | undefined,
  stop: number | undefined,
  step: number | undefined,
];

/** `object[start:stop:step]` of a text or list. */
export function slice(object: JinjaValue, bounds: SliceBounds, make: Budget): JinjaValue {
  const [start, stop, step = 1] = bounds;
  const text = textOf(object);
  const length = text === undefined ? itemsOf(object)?.length : [...text].length;
  if (length === undefined || step === 0) {
    throw new TypeError(`a slice of a ${object.type} is not known here`);
  }
  const bound = (at: number | undefined, initial: number) => {
    const low = step > 0 ? 0 : -1;
    return at === undefined
      ? initial
      : Math.min(Math.max(at < 0 ? at + length : at, low), length + low);
  };
  const from = bound(start, step > 0 ? 0 : length - 1);
  const to = bound(stop, step > 0 ? length : -1);
  const indices: number[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) indices.push(at);
  make.spend(indices.length);
  if (text !== undefined) {
    const letters = [...text];
    return make.plain(indices.map((at) => letters[at]).join(""));
  }
  const items = itemsOf(object)!;
  const chosen = indices.map((at) => items[at]);
  return object.type === "TupleValue" ? make.tuple(chosen) : make.list(chosen);
}
