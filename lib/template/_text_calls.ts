import { strip, stripLeft, stripRight } from "../python/python_text.ts";
import { type Call, read, wantText } from "./_call.ts";

/** Builds a call on a string that takes at most one string. */
export function ofText(change: (text: string, argument?: string) => string): Call {
  return (make, value, given) => {
    const [argument] = read(given, "chars");
    const isGiven = argument !== undefined && argument.type !== "NullValue";
    return make.plain(change(wantText(value), isGiven ? wantText(argument) : undefined));
  };
}

/** Builds a call on a string that takes no arguments. */
export function bare(change: (text: string) => string): Call {
  return (make, value, given) => {
    read(given);
    return make.plain(change(wantText(value)));
  };
}

/** Builds `strip`, `lstrip` or `rstrip`. */
export function withoutEnds(left: boolean, right: boolean) {
  return (text: string, characters?: string): string => {
    if (characters === undefined) {
      return left && right ? strip(text) : left ? stripLeft(text) : stripRight(text);
    }
    const ends = new Set(characters);
    const letters = [...text];
    const isInside = (letter: string) => !ends.has(letter);
    const from = left ? letters.findIndex(isInside) : 0;
    const to = right ? letters.findLastIndex(isInside) + 1 : letters.length;
    return from < 0 ? "" : letters.slice(from, to).join("");
  };
}

/** `replace` of all occurrences. */
export const replace: Call = (make, value, given) => {
  const [from, to, count] = read(given, "old", "new", "count");
  const [text, before, after] = [wantText(value), wantText(from), wantText(to)];
  const parts = before === "" ? undefined : text.split(before);
  if (count || !parts) throw new TypeError("replaces all occurrences of a non-empty string");
  make.room(text.length + (parts.length - 1) * (after.length - before.length));
  return make.plain(parts.join(after));
};
