import { LEADING_SPACE, trimmedLength } from "./_regex.ts";

/** A token that is found in a text before the model sees it. */
export interface AddedToken {
  /** Id. */
  readonly id: number;
  /** Text to find. */
  readonly content: string;
  /** Whether it is left out when tokens are decoded for people. */
  readonly special: boolean;
  /** Whether it is searched in the normalized text. */
  readonly normalized: boolean;
  /** Whether spaces before it belong to it. */
  readonly leftStrip: boolean;
  /** Whether spaces behind it belong to it. */
  readonly rightStrip: boolean;
  /** Whether it must not touch letters or digits. */
  readonly singleWord: boolean;
}

/** A stretch of text, or an added token's id. */
export type Segment = string | number;

/** What the reference takes for a part of a word. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** Finds added tokens in a text, of several at a place the longest. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): (text: string) => Segment[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) {
    // Of tokens that read alike once they are normalized, the first is found.
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
      // A token in spaces that belong to the one before is found nevertheless, and what is behind it is text again.
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
