import { parseClass, type Test } from "./_regex_class.ts";

/** Syntax tree of a pattern. */
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

/** Maximum nesting depth of groups, and maximum count of a repetition. */
const DEPTH_MAX = 64;
const REPEAT_MAX = 1000;

const OUTSIDE: Readonly<Record<string, Node>> = {
  "^": look(one((point) => point === 0x0a), true, "edge"),
  "$": look(one((point) => point === 0x0a), false, "edge"),
  "\\A": look(one(() => true), true, true),
  "\\z": look(one(() => true), false, true),
};

/**
 * Parses a pattern in Oniguruma syntax, as far as tokenizers use it.
 *
 * @throws SyntaxError for unsupported syntax: backreferences, conditions, named groups.
 */
export function parseRegex(pattern: string): Node {
  return new Parser(pattern).parse();
}

/** Recursive descent parser of one pattern. */
class Parser {
  #at = 0;

  constructor(readonly pattern: string) {}

  parse(): Node {
    const tree = this.#alternatives(false, 0);
    if (this.#at < this.pattern.length) this.#fail("an unopened bracket");
    return tree;
  }

  #fail(what: string): never {
    throw new SyntaxError(`a pattern has ${what} at ${this.#at}`);
  }

  #take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #alternatives(ignoreCase: boolean, depth: number): Node {
    if (depth > DEPTH_MAX) this.#fail("groups nested too deeply");
    const parts = [this.#sequence(ignoreCase, depth)];
    while (this.#take("|")) parts.push(this.#sequence(ignoreCase, depth));
    return parts.length === 1 ? parts[0] : { kind: "any", parts };
  }

  #sequence(ignoreCase: boolean, depth: number): Node {
    const parts: Node[] = [];
    const { pattern } = this;
    while (this.#at < pattern.length && pattern[this.#at] !== "|" && pattern[this.#at] !== ")") {
      parts.push(this.#quantified(this.#atom(ignoreCase, depth)));
    }
    return parts.length === 1 ? parts[0] : { kind: "all", parts };
  }

  #atom(ignoreCase: boolean, depth: number): Node {
    if (this.#take("(")) return this.#group(ignoreCase, depth);
    const next = this.pattern[this.#at];
    if (/[?*+]/.test(next)) this.#fail(`nothing before ${next}`);
    const anchor = Object.keys(OUTSIDE).find((text) => this.#take(text));
    if (anchor !== undefined) return OUTSIDE[anchor];
    if (this.#take("\\b")) return boundary(false);
    if (this.#take("\\B")) return boundary(true);
    if (this.#take(".")) return one((point) => point !== 0x0a);
    const { end, test } = parseClass(this.pattern, this.#at, ignoreCase);
    this.#at = end;
    return one(test);
  }

  #group(ignoreCase: boolean, depth: number): Node {
    const looks = ["?=", "?!", "?<=", "?<!"].find((text) => this.#take(text));
    const rest = this.pattern.slice(this.#at);
    const flags = looks ? undefined : /^\?([im]*)(?:-[im]+)?([:)])/.exec(rest);
    const atomic = !looks && !flags && this.#take("?>");
    if (!looks && !flags && !atomic && rest[0] === "?") this.#fail("an unknown group");
    const folds = flags?.[1].includes("i") || ignoreCase;
    if (flags) this.#at += flags[0].length;
    if (flags?.[2] === ")") return this.#alternatives(folds, depth + 1);
    const body = this.#alternatives(folds, depth + 1);
    if (!this.#take(")")) this.#fail("an unclosed group");
    if (atomic) return { kind: "atomic", body };
    return looks ? look(body, looks.includes("<"), looks.endsWith("!")) : body;
  }

  #quantified(body: Node): Node {
    for (;;) {
      const [text, mark, low, comma, high] =
        /^(?:([?*+])|\{(\d+)(,?)(\d*)\})/.exec(this.pattern.slice(this.#at)) ?? [""];
      if (text === "") return body;
      this.#at += text.length;
      const min = mark ? Number(mark === "+") : Number(low);
      const max = mark ? (mark === "?" ? 1 : Infinity) : comma ? Number(high || Infinity) : min;
      if (min > max || min > REPEAT_MAX || (max > REPEAT_MAX && max !== Infinity)) {
        this.#fail(`the repetition ${text}`);
      }
      const lazy = this.#take("?");
      const repeat: Node = { kind: "repeat", body, min, max, greedy: !lazy };
      const possessive = !lazy && mark !== undefined && this.#take("+");
      body = possessive ? { kind: "atomic", body: repeat } : repeat;
    }
  }
}

function one(test: Test): Node {
  return { kind: "one", test };
}

/** @param negative Whether the body must not match; "edge" matches the body or an end of the text. */
function look(body: Node, behind: boolean, negative: boolean | "edge"): Node {
  if (negative !== "edge") return { kind: "look", body, behind, negative };
  const nothing = look(one(() => true), behind, true);
  return { kind: "any", parts: [look(body, behind, false), nothing] };
}

/** `\b`, or `\B` if inverted. */
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
