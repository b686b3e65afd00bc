import {
  type Arguments,
  entriesOf,
  GeneratorValue,
  itemsOf,
  type JinjaValue,
  type Spend,
  textOf,
  ViewValue,
} from "./python_value.ts";

/** Creates values and counts steps. */
export interface Maker {
  /** See {@linkcode Spend}. */
  readonly spend: Spend;
  /** Whether a template is a task's: undefined values are errors, and JSON is written as by jinja2 itself. */
  readonly isTask: boolean;
  /** A string, boolean, None (null) or an undefined value. */
  plain(value: string | boolean | null | undefined): JinjaValue;
  /** An integer. */
  integer(value: number): JinjaValue;
  /** A float. */
  float(value: number): JinjaValue;
  /** A list. */
  list(items: readonly JinjaValue[]): JinjaValue;
  /** A tuple. */
  tuple(items: readonly JinjaValue[]): JinjaValue;
  /** Counts a string of `length` UTF-16 units; throws if that is too long. */
  room(length: number): void;
}

/** A filter or method, applied to a value. */
export type Call = (make: Maker, value: JinjaValue, given: Arguments) => JinjaValue;

/** Returns the arguments in the order of `names`; refuses any others. */
export function read(given: Arguments, ...names: string[]): (JinjaValue | undefined)[] {
  const unknown = given.named.keys().find((name) => !names.includes(name));
  if (unknown === undefined && given.items.length <= names.length) {
    return names.map((name, i) => given.items[i] ?? given.named.get(name));
  }
  throw new TypeError(`has an unsupported argument: ${unknown ?? given.items.length}`);
}

/** Returns the content of a string; refuses any other value. */
export function wantText(value: JinjaValue | undefined): string {
  const text = value && textOf(value);
  if (text === undefined) throw new TypeError(`wants a string, not ${value?.type ?? "nothing"}`);
  return text;
}

/** Returns items of a list, characters of a string, keys of a dictionary; none of undefined. */
export function wantItems(value: JinjaValue, make: Maker): readonly JinjaValue[] {
  if (value instanceof GeneratorValue) return value.take();
  if (value instanceof ViewValue) return value.value;
  const text = textOf(value);
  const items = itemsOf(value) ??
    (text === undefined ? undefined : [...text].map((letter) => make.plain(letter))) ??
    entriesOf(value)?.keys().map((key) => make.plain(key)).toArray();
  if (items === undefined && value.type !== "UndefinedValue") {
    throw new TypeError(`wants a list, not ${value.type}`);
  }
  make.spend(items?.length ?? 0);
  return items ?? [];
}

/** Returns the entries of a dictionary as tuples. */
export function tuples(make: Maker, value: JinjaValue): JinjaValue[] {
  const entries = entriesOf(value);
  if (!entries) throw new TypeError(`wants a dictionary, not ${value.type}`);
  make.spend(entries.size);
  return [...entries].map(([key, each]) => make.tuple([make.plain(key), each]));
}
