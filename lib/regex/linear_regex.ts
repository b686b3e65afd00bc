import { InputError } from "../input/input_error.ts";
import type { Test } from "./_regex_class.ts";
import type { Node } from "./parse_regex.ts";

/** One step of a program; `next` and `other` are indices of steps. */
type Step =
  | { readonly op: "one"; readonly test: Test; next: number }
  | { readonly op: "split"; next: number; other: number }
  | {
    readonly op: "look";
    readonly body: Program;
    readonly behind: boolean;
    readonly negative: boolean;
    next: number;
  }
  | { readonly op: "atomic"; readonly body: Program; next: number }
  | { readonly op: "end" };

interface Program {
  readonly steps: Step[];
  readonly start: number;
}

/** Upper bound of steps of a program; counted repetitions are unrolled. */
const STEPS_MAX = 20_000;
/** Upper bound of steps for a text: per character, and at least. */
const EFFORT_A_CHARACTER = 5_000;
const EFFORT_MIN = 10_000_000;

/**
 * A regex with bounded time for any pattern: no pair of step and index is tried twice for one match (as in
 * RE2's bit-state matcher), and the total number of steps is limited. Matches are those of a backtracking
 * matcher. Much slower than JavaScript's own; for patterns that may take too long there.
 */
export class LinearRegex extends RegExp {
  readonly #program: Program;

  /** @param tree Parsed pattern. */
  constructor(tree: Node) {
    super("(?:)", "gu");
    const budget = { left: STEPS_MAX };
    this.#program = compile(tree, budget);
  }

  /**
   * Finds the first match from `lastIndex` on.
   *
   * @throws InputError when the text takes too many steps.
   */
  override exec(text: string): RegExpExecArray | null {
    const effort = { left: Math.max(EFFORT_MIN, text.length * EFFORT_A_CHARACTER) };
    const tried = new Set<number>();
    for (let start = this.lastIndex; start <= text.length;) {
      const end = run(this.#program, text, start, tried, effort);
      if (end !== undefined) {
        this.lastIndex = end;
        const match = [text.slice(start, end)] as unknown as RegExpExecArray;
        return Object.assign(match, { index: start, input: text });
      }
      start += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
    }
    this.lastIndex = 0;
    return null;
  }

  /** Finds all matches, from the start of the text. */
  override *[Symbol.matchAll](text: string): RegExpStringIterator<RegExpExecArray> {
    this.lastIndex = 0;
    for (let match = this.exec(text); match; match = this.exec(text)) {
      yield match;
      if (match[0] === "") {
        this.lastIndex += (text.codePointAt(this.lastIndex) ?? 0) > 0xffff ? 2 : 1;
      }
    }
    return undefined;
  }
}

function compile(tree: Node, budget: { left: number }): Program {
  const steps: Step[] = [{ op: "end" }];
  const add = (step: Step) => {
    if (--budget.left < 0) throw new SyntaxError(`a pattern has more than ${STEPS_MAX} steps`);
    return steps.push(step) - 1;
  };
  /** Builds the steps of a node, which continue at `next`; returns the first. */
  const build = (node: Node, next: number): number => {
    switch (node.kind) {
      case "one":
        return add({ op: "one", test: node.test, next });
      case "all":
        return node.parts.reduceRight((behind, part) => build(part, behind), next);
      case "any":
        return node.parts.map((part) => build(part, next))
          .reduceRight((other, first) => add({ op: "split", next: first, other }));
      case "atomic":
        return add({ op: "atomic", body: compile(node.body, budget), next });
      case "look": {
        const { behind, negative } = node;
        if (behind && node.body.kind !== "one") {
          throw new SyntaxError("a pattern has a lookbehind of more than one character");
        }
        return add({ op: "look", body: compile(node.body, budget), behind, negative, next });
      }
      case "repeat":
        return repeat(node, next);
    }
  };
  const repeat = ({ body, greedy, max, min }: Node & { kind: "repeat" }, next: number): number => {
    const either = (more: number, enough: number) =>
      greedy ? { next: more, other: enough } : { next: enough, other: more };
    let first = next;
    if (max === Infinity) {
      const split = { op: "split" as const, next: 0, other: 0 };
      first = add(split);
      Object.assign(split, either(build(body, first), next));
    } else {
      for (let i = min; i < max; i++) {
        first = add({ op: "split", ...either(build(body, first), next) });
      }
    }
    for (let i = 0; i < min; i++) first = build(body, first);
    return first;
  };
  return { start: build(tree, 0), steps };
}

/**
 * Tries a program at one index.
 *
 * @param tried Pairs of step and index known to fail; extended.
 * @returns End of the match; undefined if there is none.
 */
function run(
  { start, steps }: Program,
  text: string,
  from: number,
  tried: Set<number>,
  effort: { left: number },
): number | undefined {
  const waiting: number[] = [start, from];
  while (waiting.length > 0) {
    let place = waiting.pop()!;
    let number = waiting.pop()!;
    for (;;) {
      if (--effort.left < 0) {
        throw new InputError(
          "Cannot tokenize text: a pattern of its tokenizer takes too long on it",
        );
      }
      const step = steps[number];
      if (step.op === "end") return place;
      const key = place * steps.length + number;
      if (tried.has(key)) break;
      tried.add(key);
      if (step.op === "split") {
        waiting.push(step.other, place);
      } else {
        const after = stepOver(step, text, place, effort);
        if (after === undefined) break;
        place = after;
      }
      number = step.next;
    }
  }
  return undefined;
}

/** Returns the index after a step; undefined if it does not match. */
function stepOver(
  step: Exclude<Step, { op: "end" | "split" }>,
  text: string,
  place: number,
  effort: { left: number },
): number | undefined {
  if (step.op === "one") {
    const point = text.codePointAt(place);
    if (point === undefined || !step.test(point)) return undefined;
    return place + (point > 0xffff ? 2 : 1);
  }
  if (step.op === "atomic") return run(step.body, text, place, new Set(), effort);
  const at = step.behind ? before(text, place) : place;
  const found = at !== undefined && run(step.body, text, at, new Set(), effort) !== undefined;
  return found !== step.negative ? place : undefined;
}

function before(text: string, place: number): number | undefined {
  if (place === 0) return undefined;
  return place > 1 && text.codePointAt(place - 2)! > 0xffff ? place - 2 : place - 1;
}
