import { isSwiftPattern } from "../regex/is_swift_pattern.ts";

const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const WORD = "\\p{L}\\p{N}_";
const IN_CLASS: Readonly<Record<string, string>> = {
  "\\s": SPACE,
  "\\d": "\\p{Nd}",
  "\\w": WORD,
};
const OUTSIDE: Readonly<Record<string, string>> = {
  "\\s": `[${SPACE}]`,
  "\\S": `[^${SPACE}]`,
  "\\d": "\\p{Nd}",
  "\\D": "\\P{Nd}",
  "\\w": `[${WORD}]`,
  "\\W": `[^${WORD}]`,
  "\\b": `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  "\\A": "(?<![^])",
  "\\Z": "(?![^])",
  "$": "(?=\\n?(?![^]))",
};

/**
 * Translates a pattern of Python's `re` to a RegExp with the same matches.
 *
 * @param ignoreCase `re.IGNORECASE`
 * @throws SyntaxError for a pattern that is not known to match the same, or whose time is not bounded.
 */
export function pythonRegex(pattern: string, ignoreCase = false): RegExp {
  const [, inline = "", body] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(pattern)!;
  if (/\(\?[aLux]|\(\?P[=>]|\\[1-9]|\(\?\(/.test(body)) {
    throw new SyntaxError(`the pattern ${pattern} uses unsupported syntax`);
  }
  const named = body.replaceAll("(?P<", "(?<");
  if (!isSwiftPattern(named.replace(/\(\?<\w+>/g, "("))) {
    throw new SyntaxError(`the time that the pattern ${pattern} takes is not bounded`);
  }
  let inClass = false;
  const multiline = inline.includes("m");
  const isAll = inline.includes("s");
  const translated = named.replace(/\\[^]|\[\^?\]?|\]|[$.^]/g, (part) => {
    if (part.startsWith("[") && !inClass) {
      inClass = true;
      return part.endsWith("]") ? `${part.slice(0, -1)}\\]` : part;
    }
    if (part === "]") {
      inClass = false;
      return part;
    }
    if (inClass && /^\\[WSDB]$/.test(part) || part === "\\B") {
      throw new SyntaxError(`the pattern ${pattern} has ${part}, which is not supported there`);
    }
    if (/^[$.^]$/.test(part)) {
      if (inClass) return part;
      if (part === ".") return isAll ? "[^]" : "[^\\n]";
      if (multiline) return part === "$" ? "(?=\\n|(?![^]))" : "(?<=\\n|(?<![^]))";
      return part === "$" ? OUTSIDE.$ : "(?<![^])";
    }
    const table = inClass ? IN_CLASS : OUTSIDE;
    if (Object.hasOwn(table, part)) return table[part];
    // A literal character needs no backslash, and JavaScript does not allow one.
    const kept = inClass ? /[\^\\\]\[-]/ : /[\^$\\.*+?()[\]{}|/]/;
    const isPlain = /^\\[^\w]$/.test(part) && !kept.test(part[1]);
    return isPlain ? part[1] : part === "[" && inClass ? "\\[" : part;
  });
  const flags = [
    "gu",
    ignoreCase || inline.includes("i") ? "i" : "",
  ];
  return new RegExp(translated, flags.join(""));
}
