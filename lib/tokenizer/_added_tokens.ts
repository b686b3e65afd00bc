import { LEADING_SPACE, trimmedLength } from "./_regex.ts";

/** A token that is split off a text before the BPE model runs. */
export interface AddedToken {
  /** Id. */
  readonly id: number;
  /** Text to find. */
  readonly content: string;
  /** Whether decoding without special tokens omits it. */
  readonly special: boolean;
  /** Whether it is matched in the normalized text. */
  readonly normalized: boolean;
  /** Whether it absorbs white space before it. */
  readonly leftStrip: boolean;
  /** Whether it absorbs white space after it. */
  readonly rightStrip: boolean;
  /** Whether it matches only where no letter or digit is adjacent. */
  readonly singleWord: boolean;
}

/** A stretch of text, or an added token's id. */
export type Segment = string | number;

/** A word character, as the reference implementation defines it. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** Returns a function that splits a text at added tokens; the longest match at an index wins. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): (text: string) => Segment[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) {
    // Of tokens that are equal after normalization, the first wins.
    if (token.content !== "" && !byContent.has(token.content)) byContent.set(token.content, token);
  }
  if (byContent.size === 0) return (text) => [text];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const find = new RegExp(
    longestFirst.map(RegExp.escape).join("|"),
    "gu",
  );
  return (text) => {
    const segments: Segment[] = [];
    let end = 0;
    for (const match of text.matchAll(find)) {
      const token = byContent.get(match[0])!;
      const after = match.index + match[0].length;
      if (token.singleWord && touchesWord(text, match.index, after)) continue;
      const start = token.leftStrip
        ? Math.max(end, trimmedLength(text.slice(0, match.index)))
        : match.index;
      const behind = token.rightStrip ? text.slice(after).match(LEADING_SPACE)?.[0].length ?? 0 : 0;
      if (end < start) segments.push(text.slice(end, start));
      // A token inside white space absorbed by the previous one still matches; text resumes after it.
      if (start < after + behind) segments.push(token.id);
      end = after + behind;
    }
    segments.push(text.slice(end));
    return segments.filter((segment) => segment !== "");
  };
}

function touchesWord(text: string, start: number, end: number): boolean {
  const before = Array.from(text.slice(Math.max(0, start - 2), start)).at(-1) ?? "";
  return WORD.test(before) || WORD.test(String.fromCodePoint(text.codePointAt(end) ?? 0x20));
}
