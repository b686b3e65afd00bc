import { parseClass, type Test } from "./_regex_class.ts";

/** A pattern as a tree. */
export type Node =
  | { readonly kind: "one"; readonly test: Test }
  | { readonly kind: "all"; readonly parts: readonly Node[] }
  | { readonly kind: "any"; readonly parts: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly body: Node;
    readonly min: number;
    readonly max: number;
    readonly greedy: boolean;
  }
  | { readonly kind: "atomic"; readonly body: Node }
  | {
    readonly kind: "look";
    readonly body: Node;
    readonly behind: boolean;
    readonly negative: boolean;
  };

/** Deepest nesting of groups, and largest count of a repetition. */
const DEPTH_MAX = 64;
const REPEAT_MAX = 1000;

const OUTSIDE: Readonly<Record<string, Node>> = {
  "^": look(one((point) => point === 0x0a), true, "edge"),
  "$": look(one((point) => point === 0x0a), false, "edge"),
  "\\A": look(one(() => true), true, true),
  "\\z": look(one(() => true), false, true),
};

/**
 * Parses a pattern of the Oniguruma library, as far as tokenizers use it.
 *
 * @throws SyntaxError for whatever is not known: backward references, conditions, named groups.
 */
export function parseRegex(pattern: string): Node {
  let at = 0;
  const fail = (what: string): never => {
    throw new SyntaxError(`a pattern has ${what} at ${at}`);
  };
  const take = (text: string): boolean => {
    if (!pattern.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };

  function alternatives(ignoreCase: boolean, depth: number): Node {
    if (depth > DEPTH_MAX) fail("too many groups in each other");
    const parts = [sequence(ignoreCase, depth)];
    while (take("|")) parts.push(sequence(ignoreCase, depth));
    return parts.length === 1 ? parts[0] : { kind: "any", parts };
  }

  function sequence(ignoreCase: boolean, depth: number): Node {
    const parts: Node[] = [];
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") {
      parts.push(quantified(atom(ignoreCase, depth)));
    }
    return parts.length === 1 ? parts[0] : { kind: "all", parts };
  }

  function atom(ignoreCase: boolean, depth: number): Node {
    if (take("(")) return group(ignoreCase, depth);
    if (/[?*+]/.test(pattern[at])) fail(`nothing before ${pattern[at]}`);
    const anchor = Object.keys(OUTSIDE).find((text) => take(text));
    if (anchor !== undefined) return OUTSIDE[anchor];
    if (take("\\b")) return boundary(false);
    if (take("\\B")) return boundary(true);
    if (take(".")) return one((point) => point !== 0x0a);
    const { end, test } = parseClass(pattern, at, ignoreCase);
    at = end;
    return one(test);
  }

  function group(ignoreCase: boolean, depth: number): Node {
    const looks = ["?=", "?!", "?<=", "?<!"].find((text) => take(text));
    const flags = looks ? undefined : /^\?([im]*)(?:-[im]+)?([:)])/.exec(pattern.slice(at));
    const atomic = !looks && !flags && take("?>");
    if (!looks && !flags && !atomic && pattern[at] === "?") fail("an unknown group");
    const folds = flags?.[1].includes("i") || ignoreCase;
    if (flags) at += flags[0].length;
    if (flags?.[2] === ")") return alternatives(folds, depth + 1);
    const body = alternatives(folds, depth + 1);
    if (!take(")")) fail("a group without end");
    if (atomic) return { kind: "atomic", body };
    return looks ? look(body, looks.includes("<"), looks.endsWith("!")) : body;
  }

  function quantified(body: Node): Node {
    for (;;) {
      const [text, mark, low, comma, high] =
        /^(?:([?*+])|\{(\d+)(,?)(\d*)\})/.exec(pattern.slice(at)) ?? [""];
      if (text === "") return body;
      at += text.length;
      const min = mark ? Number(mark === "+") : Number(low);
      const max = mark ? (mark === "?" ? 1 : Infinity) : comma ? Number(high || Infinity) : min;
      if (min > max || min > REPEAT_MAX || (max > REPEAT_MAX && max !== Infinity)) {
        fail(`the repetition ${text}`);
      }
      const lazy = take("?");
      const repeat: Node = { kind: "repeat", body, min, max, greedy: !lazy };
      body = !lazy && mark !== undefined && take("+") ? { kind: "atomic", body: repeat } : repeat;
    }
  }

  const tree = alternatives(false, 0);
  if (at < pattern.length) fail("a bracket without beginning");
  return tree;
}

function one(test: Test): Node {
  return { kind: "one", test };
}

/** @param negative Whether it must not be there; "edge" is the end of the text too. */
function look(body: Node, behind: boolean, negative: boolean | "edge"): Node {
  if (negative !== "edge") return { kind: "look", body, behind, negative };
  const nothing = look(one(() => true), behind, true);
  return { kind: "any", parts: [look(body, behind, false), nothing] };
}

/** `\b`, and `\B` where it is inverted. */
function boundary(inverted: boolean): Node {
  const word = one(parseClass("\\w", 0, false).test);
  const side = (behind: boolean, negative: boolean) => look(word, behind, negative);
  const pair = (first: Node, second: Node): Node => ({ kind: "all", parts: [first, second] });
  return {
    kind: "any",
    parts: [
      pair(side(true, false), side(false, !inverted)),
      pair(side(true, true), side(false, inverted)),
    ],
  };
}
