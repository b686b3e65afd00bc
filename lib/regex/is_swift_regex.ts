import type { Node } from "./parse_regex.ts";

/** Largest repetition count that is considered bounded. */
const SHORT = 8;

/**
 * Reports whether a backtracking matcher is known to be fast on a pattern: long repetitions hold only single
 * characters, and at most one long repetition precedes a part that must match. Nearly all patterns of real
 * tokenizers are of this kind.
 */
export function isSwiftRegex(node: Node): boolean {
  return !hasNested(node) && lengthy(node).beforeRequired <= 1;
}

function isLong({ max }: Node & { kind: "repeat" }): boolean {
  return max > SHORT;
}

/** Reports whether a long repetition holds more than single characters, or a group is atomic. */
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
  /** Long repetitions that precede a part that must match. */
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

/** Reports whether a part can fail to match. */
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
