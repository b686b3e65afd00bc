import { capitalize, formatFloat, stripLeft, stripRight } from "./python_text.ts";

/** A value inside a Jinja interpreter. */
export interface JinjaValue {
  /** Kind, such as "StringValue". */
  readonly type: string;
  /** What it holds: values again in arrays and objects. */
  readonly value: unknown;
}

/** `str(value)`, as Python prints what a template computes. */
export function pythonText(value: JinjaValue): string {
  if (value.type === "StringValue") return value.value as string;
  return value.type === "UndefinedValue" ? "" : pythonRepresentation(value);
}

/** `a == b` */
export function pythonEquals(a: JinjaValue, b: JinjaValue): boolean {
  if (isNumber(a) && isNumber(b)) return Number(a.value) === Number(b.value);
  if (a.type !== b.type) return false;
  if (Array.isArray(a.value)) {
    const other = b.value as JinjaValue[];
    return a.value.length === other.length && a.value.every((x, i) => pythonEquals(x, other[i]));
  }
  if (a.value instanceof Map) {
    const other = b.value as Map<string, JinjaValue>;
    const same = (key: string, x: JinjaValue) => other.has(key) && pythonEquals(x, other.get(key)!);
    return a.value.size === other.size && [...a.value].every(([key, x]) => same(key, x));
  }
  return a.value === b.value;
}

/** Methods and filters of texts that JavaScript's differ from. */
export const PYTHON_TEXT: Readonly<Record<string, (text: string, characters?: string) => string>> =
  {
    strip: (text, characters) => withoutEnds(text, characters, true, true),
    lstrip: (text, characters) => withoutEnds(text, characters, true, false),
    rstrip: (text, characters) => withoutEnds(text, characters, false, true),
    trim: (text, characters) => withoutEnds(text, characters, true, true),
    capitalize: (text) => capitalize(text),
  };

function withoutEnds(
  text: string,
  characters: string | undefined,
  left: boolean,
  right: boolean,
): string {
  if (characters === undefined) {
    const rest = left ? stripLeft(text) : text;
    return right ? stripRight(rest) : rest;
  }
  const ends = new Set(characters);
  const letters = [...text];
  const isInside = (letter: string) => !ends.has(letter);
  const from = left ? letters.findIndex(isInside) : 0;
  const to = right ? letters.findLastIndex(isInside) + 1 : letters.length;
  return from < 0 ? "" : letters.slice(from, to).join("");
}

function isNumber({ type }: JinjaValue): boolean {
  return type === "IntegerValue" || type === "FloatValue" || type === "BooleanValue";
}

/** `repr(value)` */
function pythonRepresentation({ type, value }: JinjaValue): string {
  switch (type) {
    case "StringValue":
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
      return `[${(value as JinjaValue[]).map(pythonRepresentation).join(", ")}]`;
    case "TupleValue": {
      const items = (value as JinjaValue[]).map(pythonRepresentation);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
    }
    case "ObjectValue": {
      const entries = [...value as Map<string, JinjaValue>];
      return `{${
        entries.map(([key, each]) => `${quoted(key)}: ${pythonRepresentation(each)}`).join(", ")
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

/** A text as Python's source has it. */
function quoted(text: string): string {
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
