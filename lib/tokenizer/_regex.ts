import { isSwiftRegex } from "../regex/is_swift_regex.ts";
import { LinearRegex } from "../regex/linear_regex.ts";
import { parseRegex } from "../regex/parse_regex.ts";

/** `\s` in tokenizer patterns; JavaScript's own differs in two characters. */
const SPACE = "\\p{White_Space}";
/** Letters, marks, digits and connectors: `\\w`. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
/** Replacements for Oniguruma's classes inside brackets. */
const IN_CLASS: Readonly<Record<string, string>> = { "\\s": SPACE, "\\d": "\\p{Nd}", "\\w": WORD };
/** Replacements outside brackets; only a line feed ends a line, and `^` and `$` match at lines. */
const OUTSIDE: Readonly<Record<string, string>> = {
  "\\s": SPACE,
  "\\S": "\\P{White_Space}",
  "\\d": "\\p{Nd}",
  "\\D": "\\P{Nd}",
  "\\w": `[${WORD}]`,
  "\\W": `[^${WORD}]`,
  "\\b": `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  "\\A": "(?<![\\s\\S])",
  "\\z": "(?![\\s\\S])",
  ".": "[^\\n]",
  "^": "(?<![^\\n])",
  "$": "(?![^\\n])",
};
/** Longest pattern that is compiled, characters. */
const PATTERN_LENGTH_MAX = 4096;

/** Unicode white space at the start of a text. */
export const LEADING_SPACE = new RegExp(`^[${SPACE}]+`, "u");

const SPACE_CHARACTER = new RegExp(SPACE, "u");

/**
 * Returns the length of a text without trailing white space. Not a regex, which would try a match at every
 * space.
 */
export function trimmedLength(text: string): number {
  let length = text.length;
  while (length > 0 && SPACE_CHARACTER.test(text[length - 1])) length--;
  return length;
}

/**
 * Compiles a pattern of a `tokenizer.json`, which is in Oniguruma syntax: to a native RegExp if that is fast,
 * else to a matcher with bounded time.
 *
 * @throws SyntaxError when it uses features that neither supports.
 */
export function tokenizerRegex(pattern: string): RegExp {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new SyntaxError(
      `a pattern has ${pattern.length} characters, want at most ${PATTERN_LENGTH_MAX}`,
    );
  }
  const tree = parseRegex(pattern);
  if (!isSwiftRegex(tree)) return new LinearRegex(tree);
  try {
    return new RegExp(translated(pattern), "gu");
  } catch {
    return new LinearRegex(tree); // nested brackets, script names
  }
}

/** Translates a pattern to JavaScript syntax. */
function translated(pattern: string): string {
  let inClass = false;
  return pattern.replace(/\\[\s\S]|\[\^?|\]|[.^$]/g, (part) => {
    if (part.startsWith("[") && !inClass) {
      inClass = true;
      return part;
    }
    if (part === "]") inClass = false;
    else if (inClass && Object.hasOwn(IN_CLASS, part)) return IN_CLASS[part];
    else if (!inClass && Object.hasOwn(OUTSIDE, part)) return OUTSIDE[part];
    else if (inClass && part === "\\W") throw new SyntaxError(`${part} inside brackets`);
    else if (/^\\[^\w]$/.test(part) && !/[\^$\\.*+?()[\]{}|/-]/.test(part[1])) return part[1];
    return part;
  });
}

/** Returns a regex that matches exactly this text. */
export function literalRegex(text: string): RegExp {
  return new RegExp(RegExp.escape(text), "gu");
}
