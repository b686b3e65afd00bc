import { isSwiftRegex } from "../regex/is_swift_regex.ts";
import { LinearRegex } from "../regex/linear_regex.ts";
import { parseRegex } from "../regex/parse_regex.ts";

/** What patterns of tokenizers mean by `\s`; JavaScript's own differs in two characters. */
const SPACE = "\\p{White_Space}";
/** Letters, marks, digits and connectors: `\\w`. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
/** What stands for Oniguruma's classes inside brackets. */
const IN_CLASS: Readonly<Record<string, string>> = { "\\s": SPACE, "\\d": "\\p{Nd}", "\\w": WORD };
/** What stands for them elsewhere; lines end at a line feed alone, and `^` and `$` mean lines. */
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

/** Unicode's white space at the ends of a text. */
export const LEADING_SPACE = new RegExp(`^[${SPACE}]+`, "u");

const SPACE_CHARACTER = new RegExp(SPACE, "u");

/** Length of a text without the white space at its end. An expression would try every space as a beginning. */
export function trimmedLength(text: string): number {
  let length = text.length;
  while (length > 0 && SPACE_CHARACTER.test(text[length - 1])) length--;
  return length;
}

/**
 * Compiles a pattern of a `tokenizer.json`, which is written for the Oniguruma library: for JavaScript's own matcher
 * where that is quick, else for one whose time is bounded.
 *
 * @throws SyntaxError when it uses what neither has.
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
    return new LinearRegex(tree); // brackets in brackets, names of scripts
  }
}

/** A pattern in JavaScript's words. */
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

/** An expression that finds exactly this text. */
export function literalRegex(text: string): RegExp {
  return new RegExp(RegExp.escape(text), "gu");
}
