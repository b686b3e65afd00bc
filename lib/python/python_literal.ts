import { pythonFloat, pythonInteger } from "./python_object.ts";

/** Maximum nesting depth of lists. */
const DEPTH_MAX = 50;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** Characters of Python literals outside strings, numbers and named constants. */
const MARKS = /^[\s[\](){},:+.-]*$/;
const PARTS =
  /[rbuRBU]{0,2}'[^'\\]*(?:\\[^][^'\\]*)*'|[rbuRBU]{0,2}"[^"\\]*(?:\\[^][^"\\]*)*"|\b0[xob][\da-f_]+|\d[\d_]*(?:e[+-]?\d+)?j?|\b(?:True|False|None)\b/gi;

/** Reports whether a text may be a Python literal that {@linkcode pythonLiteral} does not support. */
export function mayBeLiteral(text: string): boolean {
  return MARKS.test(text.replace(PARTS, ""));
}

/**
 * `ast.literal_eval` of lists, tuples, strings, numbers and booleans; undefined for anything else, which
 * leaves the text unchanged.
 */
export function pythonLiteral(text: string): unknown {
  let at = 0;
  const fail = () => {
    throw new SyntaxError("no literal");
  };
  const space = () => at += /^\s*/.exec(text.slice(at))![0].length;
  function value(depth: number): unknown {
    if (depth > DEPTH_MAX) fail();
    space();
    const open = text[at];
    if (open === "[" || open === "(") return list(open === "[" ? "]" : ")", depth);
    if (open === "'" || open === '"') return string(open);
    const [word] = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|True|False|None)/.exec(text.slice(at)) ??
      fail()!;
    at += word.length;
    const words: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
    if (Object.hasOwn(words, word)) return words[word];
    if (/^-?0\d/.test(word)) fail();
    return /[.e]/.test(word) ? pythonFloat(Number(word)) : pythonInteger(BigInt(word));
  }
  function list(close: string, depth: number): unknown[] {
    const items: unknown[] = [];
    let commas = 0;
    at++;
    for (space(); text[at] !== close; space()) {
      items.push(value(depth + 1));
      space();
      if (text[at] === ",") [at, commas] = [at + 1, commas + 1];
      else if (text[at] !== close) fail();
    }
    at++;
    return close === ")" && commas === 0 && items.length === 1 ? items[0] as unknown[] : items;
  }
  function string(quote: string): string {
    let out = "";
    for (at++; text[at] !== quote; at++) {
      if (at >= text.length || text[at] === "\n") fail();
      if (text[at] !== "\\") {
        out += text[at];
        continue;
      }
      const escape = text[++at];
      const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(text.slice(at));
      if (hex) {
        out += String.fromCharCode(parseInt(hex[1] ?? hex[2], 16));
        at += hex[0].length - 1;
      } else if (Object.hasOwn(ESCAPES, escape ?? "")) out += ESCAPES[escape];
      else fail();
    }
    at++;
    return out;
  }
  try {
    const found = value(0);
    space();
    return at === text.length ? found : undefined;
  } catch {
    return undefined;
  }
}
