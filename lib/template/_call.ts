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

/** Makes values, and counts what is done. */
export interface Maker {
  /** See {@linkcode Spend}. */
  readonly spend: Spend;
  /** Whether a template is a task's: what is used must be there, and JSON is written as jinja2 itself does. */
  readonly isTask: boolean;
  /** A text, truth value, nothing (null) or what is not there (undefined). */
  plain(value: string | boolean | null | undefined): JinjaValue;
  /** A whole number. */
  integer(value: number): JinjaValue;
  /** Any other number. */
  float(value: number): JinjaValue;
  /** A list. */
  list(items: readonly JinjaValue[]): JinjaValue;
  /** A tuple. */
  tuple(items: readonly JinjaValue[]): JinjaValue;
  /** A text of so many units at most is still allowed. */
  room(length: number): void;
}

/** What a filter or method does to a value. */
export type Call = (make: Maker, value: JinjaValue, given: Arguments) => JinjaValue;

/** Arguments by their names; refuses what is not named. */
export function read(given: Arguments, ...names: string[]): (JinjaValue | undefined)[] {
  const unknown = given.named.keys().find((name) => !names.includes(name));
  if (unknown === undefined && given.items.length <= names.length) {
    return names.map((name, i) => given.items[i] ?? given.named.get(name));
  }
  throw new TypeError(`has an argument that is not known here: ${unknown ?? given.items.length}`);
}

/** The text that a value is. */
export function wantText(value: JinjaValue | undefined): string {
  const text = value && textOf(value);
  if (text === undefined) throw new TypeError(`wants a text, not ${value?.type ?? "nothing"}`);
  return text;
}

/** Items of a list, letters of a text, keys of a dictionary; nothing of what is not there. */
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

/** Entries of a dictionary as tuples. */
export function tuples(make: Maker, value: JinjaValue): JinjaValue[] {
  const entries = entriesOf(value);
  if (!entries) throw new TypeError(`wants a dictionary, not ${value.type}`);
  make.spend(entries.size);
  return [...entries].map(([key, each]) => make.tuple([make.plain(key), each]));
}
