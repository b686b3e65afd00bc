import type { PythonObject } from "../python/python_object.ts";
import { formatFloat } from "../python/python_text.ts";
import { quoted } from "../python/quoted.ts";

/** A value in a template. */
export type JinjaValue =
  | { readonly type: "StringValue"; readonly value: string }
  | { readonly type: "IntegerValue" | "FloatValue"; readonly value: number }
  | { readonly type: "BooleanValue"; readonly value: boolean }
  | { readonly type: "NullValue"; readonly value: null }
  | { readonly type: "UndefinedValue"; readonly value: undefined }
  | { readonly type: "ArrayValue" | "TupleValue"; readonly value: readonly JinjaValue[] }
  | { readonly type: "ObjectValue" | "LoopValue"; readonly value: ReadonlyMap<string, JinjaValue> }
  | { readonly type: "NamespaceValue"; readonly value: Map<string, JinjaValue> }
  | { readonly type: "FunctionValue"; readonly value: (given: Arguments) => JinjaValue }
  | GeneratorValue
  | ViewValue
  | MarkupValue
  | OpaqueValue;

/** Arguments of a call. */
export interface Arguments {
  /** By position. */
  readonly items: readonly JinjaValue[];
  /** By name. */
  readonly named: ReadonlyMap<string, JinjaValue>;
}

/** Counts steps; throws if there are too many. */
export type Spend = (steps: number) => void;

/** Returns the content of a string; undefined for any other value. */
export function textOf(value: JinjaValue): string | undefined {
  return value.type === "StringValue" ? value.value : undefined;
}

/** Returns the items of a list or tuple; undefined for any other value. */
export function itemsOf(value: JinjaValue): readonly JinjaValue[] | undefined {
  return value.type === "ArrayValue" || value.type === "TupleValue" ? value.value : undefined;
}

/** Result of filters like `map` in Python: items that can be iterated once, and nothing else. */
export class GeneratorValue {
  readonly type = "GeneratorValue";

  /** @param value Remaining items. */
  constructor(public value: readonly JinjaValue[]) {}

  /** Takes all remaining items. */
  take(): readonly JinjaValue[] {
    const items = this.value;
    this.value = [];
    return items;
  }
}

/** A range or a dictionary view: items that can be iterated and counted, but not a list. */
export class ViewValue {
  readonly type = "ViewValue";

  constructor(readonly value: readonly JinjaValue[]) {}
}

/** A string that jinja2 treats as HTML; only printing it is supported. */
export class MarkupValue {
  readonly type = "MarkupValue";

  constructor(readonly value: string) {}
}

/** A Python object such as a date; only printing and testing it is supported. */
export class OpaqueValue {
  readonly type = "OpaqueValue";

  constructor(readonly value: PythonObject) {}
}

/** Returns the entries of a dictionary; undefined for any other value. */
export function entriesOf(value: JinjaValue): ReadonlyMap<string, JinjaValue> | undefined {
  return value.type === "ObjectValue" ? value.value : undefined;
}

/** Returns a number, booleans included; undefined for any other value. */
export function numberOf(value: JinjaValue): number | undefined {
  switch (value.type) {
    case "IntegerValue":
    case "FloatValue":
    case "BooleanValue":
      return Number(value.value);
    default:
      return undefined;
  }
}

/** `bool(value)` */
export function pythonTruth(value: JinjaValue): boolean {
  if (value instanceof GeneratorValue) return true;
  if (value instanceof OpaqueValue) return value.value.truth;
  const size = value instanceof ViewValue
    ? value.value.length
    : itemsOf(value)?.length ?? entriesOf(value)?.size;
  return size === undefined
    ? Number.isNaN(value.value) || Boolean(value.value) || value.type === "FunctionValue"
    : size > 0;
}

/** `str(value)`, as Python prints it in a template. */
export function pythonText(value: JinjaValue, spend: Spend): string {
  if (value instanceof MarkupValue) return value.value;
  if (value instanceof OpaqueValue) return value.value.text;
  return textOf(value) ?? (value.type === "UndefinedValue" ? "" : representation(value, spend));
}

/** `a == b` */
export function pythonEquals(a: JinjaValue, b: JinjaValue, spend: Spend): boolean {
  spend(1);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  const odd = [a, b].find(({ type }) =>
    /^(Generator|View|Markup|Function|Opaque)Value$/.test(type)
  );
  if (odd) throw new TypeError(`comparing a ${odd.type} is not supported`);
  if (a.type !== b.type) return false;
  const [list, others] = [itemsOf(a), itemsOf(b)];
  if (list && others) {
    return list.length === others.length &&
      list.every((each, i) => pythonEquals(each, others[i], spend));
  }
  const [map, other] = [entriesOf(a), entriesOf(b)];
  if (!map || !other) return a.value === b.value;
  return map.size === other.size &&
    [...map].every(([key, x]) => other.has(key) && pythonEquals(x, other.get(key)!, spend));
}

/** `repr(value)` */
function representation(value: JinjaValue, spend: Spend): string {
  spend(1);
  const all = (items: readonly JinjaValue[]) => items.map((each) => representation(each, spend));
  switch (value.type) {
    case "StringValue":
      spend(value.value.length / 100);
      return quoted(value.value);
    case "IntegerValue":
      return String(value.value);
    case "FloatValue":
      return formatFloat(value.value);
    case "BooleanValue":
      return value.value ? "True" : "False";
    case "NullValue":
      return "None";
    case "UndefinedValue":
      return "Undefined";
    case "ArrayValue":
      return `[${all(value.value).join(", ")}]`;
    case "OpaqueValue":
      return value.value.representation;
    case "TupleValue": {
      const items = all(value.value);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
    }
    case "ObjectValue": {
      const entries = [...value.value]
        .map(([key, each]) => `${quoted(key)}: ${representation(each, spend)}`);
      return `{${entries.join(", ")}}`;
    }
    default:
      throw new TypeError(`cannot print a ${value.type}`);
  }
}

/** Style of `tojson`. */
export interface JsonStyle {
  /** As in jinja2 itself: sorted keys, ASCII only, characters special to HTML escaped. */
  readonly plain: boolean;
  /** Spaces per level; undefined for a single line. */
  readonly indent: number | undefined;
}

/** `json.dumps(value)`; refuses values that JSON lacks. */
export function pythonJson(value: JinjaValue, style: JsonStyle, spend: Spend, level = 0): string {
  spend(1);
  const inner = (each: JinjaValue) => pythonJson(each, style, spend, level + 1);
  const { indent, plain } = style;
  const joined = (open: string, parts: string[], close: string) => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(", ") + close;
    const gap = `\n${" ".repeat(indent * (level + 1))}`;
    return `${open}${gap}${parts.join(`,${gap}`)}\n${" ".repeat(indent * level)}${close}`;
  };
  const list = itemsOf(value);
  if (list) return joined("[", list.map(inner), "]");
  const map = entriesOf(value);
  if (map) {
    const entries = [...map];
    if (plain) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return joined(
      "{",
      entries.map(([key, each]) => `${jsonText(key, plain)}: ${inner(each)}`),
      "}",
    );
  }
  const text = textOf(value);
  if (text !== undefined) {
    spend(text.length / 100);
    return jsonText(text, plain);
  }
  const number = numberOf(value);
  if (value.type === "FloatValue" && Number.isFinite(number)) return formatFloat(number!);
  if (value.type === "IntegerValue" || value.type === "BooleanValue") return String(value.value);
  if (value.type === "NullValue") return "null";
  throw new TypeError(`tojson does not take a ${value.type}`);
}

function jsonText(text: string, plain: boolean): string {
  const json = JSON.stringify(text);
  if (!plain) return json;
  return json.replace(
    /[<>&'\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
