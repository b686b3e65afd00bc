import { BYTE_CHARACTERS } from "./byte_characters.ts";
import { buildParts, type Part, type PartTable, pattern, text } from "./_parts.ts";
import { literalRegex, tokenizerRegex } from "./_regex.ts";

/** Splits a piece; `first` is set if it starts the whole text. */
type Cut = (piece: string, first: boolean) => string[];

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const TABLE: PartTable<Cut> = {
  ByteLevel: (part) => {
    const cut = part.use_regex === false ? undefined : tokenizerRegex(GPT2);
    return (piece) => {
      const padded = part.add_prefix_space !== false && !piece.startsWith(" ")
        ? ` ${piece}`
        : piece;
      return (cut ? isolate(padded, cut) : [padded]).map(byteLevel);
    };
  },
  Metaspace: (part) => {
    const mark = text(part, "replacement", "▁");
    const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? "never" : "always");
    const word = literalRegex(mark);
    return (piece, first) => {
      const marked = piece.replaceAll(" ", mark);
      const prepends = scheme === "always" || (scheme === "first" && first);
      const whole = prepends && !marked.startsWith(mark) ? mark + marked : marked;
      return part.split === false ? [whole] : BEHAVIORS.MergedWithNext(whole, word);
    };
  },
  Split: (part) => {
    const [cut, behavior] = [pattern(part), text(part, "behavior")];
    if (!Object.hasOwn(BEHAVIORS, behavior)) {
      throw new RangeError(
        `Split: behavior is ${behavior}, want ${Object.keys(BEHAVIORS).join(", ")}`,
      );
    }
    if (part.invert === true && behavior === "Removed") return (piece) => piece.match(cut) ?? [];
    if (part.invert === true && behavior !== "Isolated") {
      throw new RangeError(`Split: invert with ${behavior}, want it with Isolated or Removed`);
    }
    return (piece) => BEHAVIORS[behavior](piece, cut);
  },
  Digits: (part) => {
    const cut = part.individual_digits === true ? /\p{N}/gu : /\p{N}+/gu;
    return (piece) => isolate(piece, cut);
  },
};

/** Treatment of the matches of a pattern, by `behavior`. */
const BEHAVIORS: Readonly<Record<string, (piece: string, cut: RegExp) => string[]>> = {
  Isolated: isolate,
  Removed: (piece, cut) => {
    let end = 0;
    const parts = [...piece.matchAll(cut)].map((match) => {
      const part = piece.slice(end, match.index);
      end = match.index + match[0].length;
      return part;
    });
    return [...parts, piece.slice(end)].filter((part) => part !== "");
  },
  MergedWithPrevious: (piece, cut) => {
    const ends = [...piece.matchAll(cut)].map((match) => match.index + match[0].length);
    return cutAt(piece, ends);
  },
  MergedWithNext: (piece, cut) => cutAt(piece, [...piece.matchAll(cut)].map(({ index }) => index)),
};

/**
 * Builds the function that splits a text into pieces, which the model encodes independently.
 *
 * @throws RangeError for an unknown part, SyntaxError for an unsupported pattern.
 */
export function preTokenizer(part: Part): (text: string, first: boolean) => string[] {
  const cuts = buildParts("pre-tokenizer", "pretokenizers", part, TABLE);
  return (whole, first) =>
    cuts.reduce<string[]>(
      (pieces, cut) => pieces.flatMap((piece, index) => cut(piece, first && index === 0)),
      [whole],
    );
}

function isolate(piece: string, cut: RegExp): string[] {
  const parts: string[] = [];
  let end = 0;
  cut.lastIndex = 0;
  for (let match = cut.exec(piece); match; match = cut.exec(piece)) {
    if (match.index > end) parts.push(piece.slice(end, match.index));
    // An empty match splits, too.
    if (match[0] === "") cut.lastIndex += piece.codePointAt(cut.lastIndex)! > 0xffff ? 2 : 1;
    else parts.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < piece.length) parts.push(piece.slice(end));
  return parts;
}

function cutAt(piece: string, places: number[]): string[] {
  const bounds = [0, ...places, piece.length];
  return bounds.slice(1).map((end, i) => piece.slice(bounds[i], end)).filter((part) => part !== "");
}

const PLAIN = /^[\x21-\x7e]*$/;
const encoder = new TextEncoder();

/** Returns the UTF-8 bytes of a piece, each as its printable character. */
function byteLevel(piece: string): string {
  if (PLAIN.test(piece)) return piece;
  let out = "";
  for (const byte of encoder.encode(piece)) out += BYTE_CHARACTERS[byte];
  return out;
}
