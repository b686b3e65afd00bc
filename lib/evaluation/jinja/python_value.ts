import type { PythonObject } from "../columns/python_object.ts";
import { formatFloat } from "../python_text.ts";

/** A value inside a Jinja interpreter. */
export interface JinjaValue {
  /** Kind, such as "StringValue". */
  readonly type: string;
  /** What it holds: values again in arrays and objects. */
  readonly value: unknown;
}

/** Counts what is done, and refuses what is too much. */
export type Spend = (steps: number) => void;

/** What a text holds; undefined for any other value. */
export function textOf({ type, value }: JinjaValue): string | undefined {
  return type === "StringValue" ? value as string : undefined;
}

/** Items of a list or tuple; undefined for any other value. */
export function itemsOf({ type, value }: JinjaValue): readonly JinjaValue[] | undefined {
  return type === "ArrayValue" || type === "TupleValue" ? value as JinjaValue[] : undefined;
}

/** What filters like `map` give in Python: items that can be gone through once, and nothing else. */
export class GeneratorValue implements JinjaValue {
  readonly type = "GeneratorValue";

  /** @param value What is left of it. */
  constructor(public value: readonly JinjaValue[]) {}

  /** All items; there are none afterwards. */
  take(): readonly JinjaValue[] {
    const items = this.value;
    this.value = [];
    return items;
  }
}

/** A range, or what a dictionary has: items that can be gone through and counted, but are no list. */
export class ViewValue implements JinjaValue {
  readonly type = "ViewValue";

  constructor(readonly value: readonly JinjaValue[]) {}
}

/** A text that jinja2 would take for HTML: it is printed, and nothing else is known of it here. */
export class MarkupValue implements JinjaValue {
  readonly type = "MarkupValue";

  constructor(readonly value: string) {}
}

/** A date, say: it is printed and tested, and nothing else is known of it here. */
export class OpaqueValue implements JinjaValue {
  readonly type = "OpaqueValue";

  constructor(readonly value: PythonObject) {}
}

/** Entries of a dictionary; undefined for any other value. */
export function entriesOf(value: JinjaValue): ReadonlyMap<string, JinjaValue> | undefined {
  return value.type === "ObjectValue" ? value.value as Map<string, JinjaValue> : undefined;
}

/** A number, truth values among them; undefined for any other value. */
export function numberOf({ type, value }: JinjaValue): number | undefined {
  return /^(Integer|Float|Boolean)Value$/.test(type) ? Number(value) : undefined;
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

/** `str(value)`, as Python prints what a template computes. */
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
  if (odd) throw new TypeError(`a ${odd.type} is not compared here`);
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
function representation({ type, value }: JinjaValue, spend: Spend): string {
  spend(1);
  const all = (items: readonly JinjaValue[]) => items.map((each) => representation(each, spend));
  switch (type) {
    case "StringValue":
      spend((value as string).length / 100);
      return quoted(value as string);
    case "IntegerValue":
      return String(value);
    case "FloatValue":
      return formatFloat(value as number);
    case "BooleanValue":
      return value ? "True" : "False";
    case "NullValue":
      return "None";
    case "UndefinedValue":
      return "Undefined";
    case "ArrayValue":
      return `[${all(value as JinjaValue[]).join(", ")}]`;
    case "OpaqueValue":
      return (value as PythonObject).representation;
    case "TupleValue": {
      const items = all(value as JinjaValue[]);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
    }
    case "ObjectValue": {
      const entries = [...value as Map<string, JinjaValue>];
      return `{${
        entries.map(([key, each]) => `${quoted(key)}: ${representation(each, spend)}`).join(", ")
      }}`;
    }
    default:
      throw new TypeError(`what is printed is no value, but a ${type}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** `repr(str)` */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'"]|(?! )[\p{C}\p{Z}]/gu, (letter) => {
    if (letter === "'" || letter === '"') return letter === quote ? `\\${letter}` : letter;
    if (letter in ESCAPES) return ESCAPES[letter];
    const code = letter.codePointAt(0)!;
    const [mark, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${mark}${code.toString(16).padStart(width, "0")}`;
  });
  return quote + escaped + quote;
}

/** How `tojson` writes. */
export interface JsonStyle {
  /** As jinja2 itself: keys in order, ASCII alone, nothing that means something in HTML. */
  readonly plain: boolean;
  /** Spaces of a level; all on one line where it is left out. */
  readonly indent: number | undefined;
}

/** `json.dumps(value)`; values that JSON does not have are refused. */
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
