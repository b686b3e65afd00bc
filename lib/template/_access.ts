import type { Budget } from "./_budget.ts";
import { METHODS } from "./_methods.ts";
import { itemsOf, type JinjaValue, textOf } from "./python_value.ts";

/** Types that have parts, and null, whose parts are all missing. */
const PARTED = /^(String|Array|Tuple|Object|Namespace|Loop|Null)Value$/;

/**
 * Returns `object.name`, which is not being called; undefined if absent.
 *
 * @throws TypeError for what Python has but is not supported: methods, parts of `loop`.
 */
export function attribute(object: JinjaValue, name: string): JinjaValue | undefined {
  const { type, value } = object;
  if (!PARTED.test(type)) throw new TypeError(`of a ${type} is not supported`);
  const entries = type === "ObjectValue" || type === "NamespaceValue" || type === "LoopValue"
    ? value
    : undefined;
  const found = entries?.get(name);
  if (found) return found;
  const isMethod = Object.hasOwn(METHODS[type] ?? {}, name);
  if (isMethod || type === "LoopValue") throw new TypeError("is not supported");
  return undefined;
}

/** Returns `object[key]`, or undefined if absent. */
export function part(object: JinjaValue, key: JinjaValue, make: Budget): JinjaValue | undefined {
  const name = textOf(key);
  if (name !== undefined || !PARTED.test(object.type)) return attribute(object, name ?? "");
  if (key.type !== "IntegerValue") throw new TypeError(`by a ${key.type} is not supported`);
  const text = textOf(object);
  if (text === undefined) return itemsOf(object)?.at(key.value);
  const letter = [...text].at(key.value);
  return letter === undefined ? undefined : make.plain(letter);
}

/** Bounds of a slice; undefined if omitted. */
export type SliceBounds = readonly [
  start: number | undefined,
  stop: number | undefined,
  step: number | undefined,
];

/** Returns `object[start:stop:step]` of a string, list or tuple. */
export function slice(object: JinjaValue, bounds: SliceBounds, make: Budget): JinjaValue {
  const [start, stop, step = 1] = bounds;
  const text = textOf(object);
  const length = text === undefined ? itemsOf(object)?.length : [...text].length;
  if (length === undefined || step === 0) {
    throw new TypeError(`a slice of a ${object.type} is not supported`);
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
