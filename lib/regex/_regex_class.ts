/** A test of whether a code point belongs to a class. */
export type Test = (point: number) => boolean;

const LETTER_ESCAPES: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  f: 0x0c,
  v: 0x0b,
  a: 0x07,
  e: 0x1b,
};
/** Unicode classes by escape letter. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  d: "\\p{Nd}",
  w: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}",
  h: "0-9a-fA-F",
};
/** Upper bound of cached results per class; most texts have few distinct characters. */
const KEPT_MAX = 4096;

/**
 * Parses a character, an escape or a bracketed class.
 *
 * @param at Start index.
 * @param ignoreCase Whether letters match both of their cases.
 * @returns Test, and the index after the class.
 * @throws SyntaxError for unsupported syntax.
 */
export function parseClass(
  pattern: string,
  at: number,
  ignoreCase: boolean,
): { test: Test; end: number } {
  const { end, test } = pattern[at] === "["
    ? parseBrackets(pattern, at, 0)
    : parseItem(pattern, at, false);
  const folded: Test = (point) => {
    if (test(point)) return true;
    const letter = String.fromCodePoint(point);
    return [letter.toLowerCase(), letter.toUpperCase(), letter.toUpperCase().toLowerCase()]
      .some((other) => [...other].length === 1 && test(other.codePointAt(0)!));
  };
  return { end, test: remembered(ignoreCase ? folded : test) };
}

function parseBrackets(pattern: string, start: number, depth: number): { test: Test; end: number } {
  if (depth > 8) throw new SyntaxError(`a pattern has brackets nested too deeply at ${start}`);
  let at = start + 1;
  const inverted = pattern[at] === "^";
  if (inverted) at++;
  let items: Test[] = [];
  const sides: Test[] = [];
  const union = (tests: Test[]): Test => (point) => tests.some((test) => test(point));
  for (let first = true; first || pattern[at] !== "]"; first = false) {
    if (at >= pattern.length) {
      throw new SyntaxError(`a pattern has an unclosed bracket at ${start}`);
    }
    if (pattern.startsWith("&&", at)) {
      sides.push(union(items));
      items = [];
      at += 2;
      continue;
    }
    const { code, end, test } = pattern[at] === "["
      ? { ...parseBrackets(pattern, at, depth + 1), code: undefined }
      : parseItem(pattern, at, true);
    at = end;
    if (code === undefined || pattern[at] !== "-" || pattern[at + 1] === "]") {
      items.push(test);
      continue;
    }
    const last = parseItem(pattern, at + 1, true);
    if (last.code === undefined || last.code < code) {
      throw new SyntaxError(`a pattern has a range out of order at ${at}`);
    }
    items.push((point) => point >= code && point <= last.code!);
    at = last.end;
  }
  sides.push(union(items));
  const all: Test = (point) => sides.every((side) => side(point));
  return { test: inverted ? (point) => !all(point) : all, end: at + 1 };
}

/** Parses a character or an escape; `code` is set if it is a single code point. */
function parseItem(
  pattern: string,
  at: number,
  inBrackets: boolean,
): { test: Test; code?: number; end: number } {
  const exactly = (code: number, end: number) => ({
    test: (point: number) => point === code,
    code,
    end,
  });
  const point = pattern.codePointAt(at)!;
  if (point !== 0x5c) return exactly(point, at + (point > 0xffff ? 2 : 1));
  const rest = pattern.slice(at + 1);
  const property = /^([pP])\{(\^?)([\w=]+)\}/.exec(rest);
  if (property) {
    const [text, letter, caret, name] = property;
    const inside = classTest(`\\p{${name}}`);
    const inverted = (letter === "P") !== (caret === "^");
    return { test: inverted ? (p) => !inside(p) : inside, end: at + 1 + text.length };
  }
  const number = /^(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(rest);
  if (number) {
    const code = parseInt(number[1] ?? number[2] ?? number[3], 16);
    return exactly(code, at + 1 + number[0].length);
  }
  const letter = rest[0] ?? "";
  const named = CLASS_ESCAPES[letter.toLowerCase()];
  if (named !== undefined) {
    const inside = classTest(named);
    const inverted = letter !== letter.toLowerCase();
    return { test: inverted ? (p) => !inside(p) : inside, end: at + 2 };
  }
  if (Object.hasOwn(LETTER_ESCAPES, letter)) return exactly(LETTER_ESCAPES[letter], at + 2);
  if (letter === "b" && inBrackets) return exactly(0x08, at + 2);
  if (letter === "" || /[A-Za-z0-9]/.test(letter)) {
    throw new SyntaxError(`a pattern has \\${letter} at ${at}`);
  }
  const code = pattern.codePointAt(at + 1)!;
  return exactly(code, at + 1 + (code > 0xffff ? 2 : 1));
}

/** Builds a test from a class of JavaScript's own regexes. */
function classTest(inner: string): Test {
  let expression: RegExp;
  try {
    expression = new RegExp(`^[${inner}]$`, "u");
  } catch {
    expression = new RegExp(`^[${inner.replace("{", "{Script=")}]$`, "u"); // "Han" is a script
  }
  return (point) => expression.test(String.fromCodePoint(point));
}

function remembered(test: Test): Test {
  const known = new Map<number, boolean>();
  return (point) => {
    const before = known.get(point);
    if (before !== undefined) return before;
    const answer = test(point);
    if (known.size < KEPT_MAX) known.set(point, answer);
    return answer;
  };
}
