import { LEADING_SPACE, TRAILING_SPACE } from "./_regex.ts";

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

const WORD = /[\p{L}\p{N}\p{M}\p{Pc}]/u;

/** Finds added tokens in a text, of several at a place the longest. */
export function addedTokenSplitter(tokens: readonly AddedToken[]): (text: string) => Segment[] {
  const byContent = new Map(
    tokens.filter(({ content }) => content !== "").map((token) => [token.content, token]),
  );
  if (byContent.size === 0) return (text) => [text];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const find = new RegExp(
    longestFirst.map((content) => content.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&")).join("|"),
    "gu",
  );
  return (text) => {
    const segments: Segment[] = [];
    let end = 0;
    for (const match of text.matchAll(find)) {
      const token = byContent.get(match[0])!;
      const after = match.index + match[0].length;
      if (match.index < end || (token.singleWord && touchesWord(text, match.index, after))) {
        continue;
      }
      const gap = text.slice(end, match.index);
      segments.push(token.leftStrip ? gap.replace(TRAILING_SPACE, "") : gap, token.id);
      const behind = token.rightStrip ? text.slice(after).match(LEADING_SPACE)?.[0].length ?? 0 : 0;
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
