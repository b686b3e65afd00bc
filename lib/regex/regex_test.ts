import assert from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { LinearRegex } from "./linear_regex.ts";
import { isSwiftRegex } from "./is_swift_regex.ts";
import { preTokenizer } from "../tokenizer/_pre_tokenizer.ts";
import { tokenizerRegex } from "../tokenizer/_regex.ts";
import { parseRegex } from "./parse_regex.ts";
import { isSwiftPattern } from "./is_swift_pattern.ts";

const { pieces, texts } = JSON.parse(
  await Deno.readTextFile(fixture("tokenizers/patterns.json")),
) as { texts: string[]; pieces: Record<string, string[][]> };

const cutBy = (pattern: string) =>
  preTokenizer({ type: "Split", pattern: { Regex: pattern }, behavior: "Isolated" });

Deno.test("patterns of real tokenizers split as in the library", () => {
  for (const [pattern, expected] of Object.entries(pieces)) {
    const cut = cutBy(pattern);
    texts.forEach((text, i) => {
      const found = text === "" ? [] : cut(text, true);
      assert.deepEqual(found, expected[i], `${pattern} on ${JSON.stringify(text)}`);
    });
  }
});

Deno.test("LinearRegex finds the same matches as JavaScript's own", () => {
  const matches = (expression: RegExp, text: string) =>
    [...text.matchAll(expression)].map((match) => [match.index, match[0]]);
  for (const pattern of Object.keys(pieces)) {
    const tree = parseRegex(pattern);
    const native = tokenizerRegex(pattern);
    if (native instanceof LinearRegex) continue;
    assert.ok(isSwiftRegex(tree));
    for (const text of texts) {
      assert.deepEqual(matches(new LinearRegex(tree), text), matches(native, text), pattern);
    }
  }
  const part = fc.constantFrom(
    "a",
    "b",
    "ab",
    ".",
    "[ab]",
    "\\s",
    "a?",
    "a*",
    "b+?",
    "(?:ab)",
    "a{1,2}",
  );
  const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""))
    .chain((text) =>
      fc.constantFrom(text, `${text}|b`, `(?:${text})?`, `(?=${text})`, `(?!${text})a`)
    );
  fc.assert(
    fc.property(
      pattern,
      fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: 12 }),
      (p, text) => {
        const native = new RegExp(p.replaceAll(".", "[^\\n]"), "gu");
        assert.deepEqual(matches(new LinearRegex(parseRegex(p)), text), matches(native, text), p);
      },
    ),
    { seed: 4, numRuns: 3000 },
  );
});

Deno.test("hostile patterns take bounded time, or are refused by name", () => {
  const hostile = [
    "(a+)+$",
    "(a*)*b",
    "(a|a)*$",
    "(a|aa)+$",
    "a*a*a*a*b",
    "(?:a?){30}a{30}$",
    "(.*)*x",
  ];
  for (const pattern of hostile) {
    const expression = tokenizerRegex(pattern);
    assert.ok(expression instanceof LinearRegex, pattern);
    for (const text of ["a".repeat(30_000), "a".repeat(3000) + "!"]) {
      try {
        for (const _ of text.matchAll(expression)) continue;
      } catch (error) {
        assert.match((error as Error).message, /takes too long/);
      }
    }
  }
  const refused: [pattern: string, message: RegExp][] = [
    ["(a)\\1", /has \\1 at/],
    ["(?<name>a)", /an unknown group at/],
    ["a{5000}", /the repetition \{5000\}/],
    ["(?:a{1000}){1000}", /more than 20000 steps/],
    ["(?<=ab)c*(d*)*", /a lookbehind of more than one/],
    ["(", /an unclosed group/],
    ["*a", /nothing before \*/],
    ["[a", /an unclosed bracket/],
    ["(".repeat(100), /groups nested too deeply/],
  ];
  for (const [pattern, message] of refused) {
    assert.throws(() => tokenizerRegex(pattern), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("tokenizerRegex throws only SyntaxError", () => {
  const mark = fc.constantFrom(..."ab()[]{}?*+|\\^$.-&,:=!<>pLN019 ");
  fc.assert(
    fc.property(fc.string({ unit: mark, maxLength: 20 }), (pattern) => {
      try {
        tokenizerRegex(pattern);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
    }),
    { seed: 5, numRuns: 5000 },
  );
});

Deno.test("isSwiftPattern is false for patterns that may backtrack for long or cannot be parsed", () => {
  for (const pattern of ["\\d+", "[a-z]+ [a-z]+", "a?b{1,3}c"]) assert.ok(isSwiftPattern(pattern));
  for (const pattern of ["(a+)+$", "(a|a)*b", "(", "(?<name>a)"]) {
    assert.ok(!isSwiftPattern(pattern), pattern);
  }
});
