/** Unicode's white space, which is what patterns of tokenizers mean by `\s`; JavaScript's own differs in two characters. */
const SPACE = "\\t-\\r\\x20\\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000";
/** Longest pattern that is compiled, characters. */
const PATTERN_LENGTH_MAX = 4096;

/** Unicode's white space at the ends of a text. */
export const LEADING_SPACE = new RegExp(`^[${SPACE}]+`, "u");
/** As {@linkcode LEADING_SPACE}, at the end. */
export const TRAILING_SPACE = new RegExp(`[${SPACE}]+$`, "u");

/**
 * Compiles a pattern of a `tokenizer.json`, which is written for the Oniguruma library.
 *
 * @throws SyntaxError when it uses what JavaScript's expressions do not have.
 */
export function tokenizerRegex(pattern: string): RegExp {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new SyntaxError(
      `a pattern has ${pattern.length} characters, want at most ${PATTERN_LENGTH_MAX}`,
    );
  }
  let inClass = false;
  const translated = pattern.replace(/\\[\s\S]|\[\^?|\]|[?*+]\+/g, (part) => {
    if (part.startsWith("[")) {
      inClass = true;
      return part;
    }
    if (part === "]") inClass = false;
    else if (part === "\\s") return inClass ? SPACE : `[${SPACE}]`;
    else if (part === "\\S" && !inClass) return `[^${SPACE}]`;
    else if (part === "\\A") return "^";
    else if (part === "\\z") return "$";
    else if (/^[?*+]\+$/.test(part) && !inClass) {
      throw new SyntaxError(`a pattern has the possessive quantifier ${part}`);
    } else if (/^\\[^\w]$/.test(part) && !/[\^$\\.*+?()[\]{}|/-]/.test(part[1])) return part[1];
    return part;
  });
  return new RegExp(translated, "gu");
}

/** An expression that finds exactly this text. */
export function literalRegex(text: string): RegExp {
  return new RegExp(text.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"), "gu");
}
