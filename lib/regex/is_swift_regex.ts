import type { Node } from "./parse_regex.ts";

/** Longest repetition that counts as bounded. */
const SHORT = 8;

/**
 * Whether a backtracking matcher is known to take little time for a pattern: nothing long is repeated inside of a
 * repetition, and at most one long repetition stands before what must follow. Real tokenizers' patterns
 * are nearly all of this kind.
 */
export function isSwiftRegex(node: Node): boolean {
  return !hasNested(node) && lengthy(node).beforeRequired <= 1;
}

function isLong({ max }: Node & { kind: "repeat" }): boolean {
  return max > SHORT;
}

/** Whether a long repetition holds anything but single characters, or a pattern what JavaScript lacks. */
function hasNested(node: Node): boolean {
  switch (node.kind) {
    case "one":
      return false;
    case "repeat":
      return hasNested(node.body) || (isLong(node) && node.body.kind !== "one");
    case "atomic":
      return true;
    case "look":
      return hasNested(node.body);
    case "all":
    case "any":
      return node.parts.some(hasNested);
  }
}

interface Lengths {
  /** Long repetitions that stand before something that must follow. */
  readonly beforeRequired: number;
  /** All long repetitions. */
  readonly all: number;
}

function lengthy(node: Node): Lengths {
  switch (node.kind) {
    case "one":
      return { beforeRequired: 0, all: 0 };
    case "look": {
      const { all } = lengthy(node.body);
      return { beforeRequired: all, all };
    }
    case "atomic":
      return lengthy(node.body);
    case "repeat": {
      const inner = lengthy(node.body);
      const all = isLong(node) ? inner.all + 1 : inner.all * Math.min(node.max, SHORT);
      return { beforeRequired: Math.min(all, inner.all), all };
    }
    case "any": {
      const parts = node.parts.map(lengthy);
      return {
        beforeRequired: Math.max(...parts.map((part) => part.beforeRequired)),
        all: Math.max(...parts.map((part) => part.all)),
      };
    }
    case "all": {
      let [all, beforeRequired] = [0, 0];
      for (const part of node.parts) {
        const inner = lengthy(part);
        if (isRequired(part)) beforeRequired = all + inner.beforeRequired;
        all += inner.all;
      }
      return { beforeRequired, all };
    }
  }
}

/** Whether a part may fail to match where it stands. */
function isRequired(node: Node): boolean {
  switch (node.kind) {
    case "one":
    case "look":
      return true;
    case "repeat":
      return node.min > 0 && isRequired(node.body);
    case "atomic":
      return isRequired(node.body);
    case "all":
      return node.parts.some(isRequired);
    case "any":
      return node.parts.every(isRequired);
  }
}
