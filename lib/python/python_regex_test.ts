import assert from "node:assert/strict";
import { mayBeLiteral, pythonLiteral } from "./python_literal.ts";
import { pythonRegex } from "./python_regex.ts";
import { pythonString } from "./python_string.ts";

// Recorded from CPython 3.11: re.findall.
const FOUND: [pattern: string, text: string, found: string[]][] = [
  ["(.*)", "a\rb\u2028c", ["a\rb\u2028c", ""]],
  ["(?m)^b", "a\rb", []],
  ["(?m)^b", "a\nb", ["b"]],
  ["(?m)a$", "a\nb", ["a"]],
  ["(?s)a.b", "a\nb", ["a\nb"]],
  ["b$", "ab\n", ["b"]],
  ["\\d+", "x12 \u0663", ["12", "\u0663"]],
  ["[^a-c.^$]+", "ab.^$z", ["z"]],
];

Deno.test("pythonRegex matches as Python does", () => {
  for (const [pattern, text, found] of FOUND) {
    const got = [...text.matchAll(pythonRegex(pattern))].map(([whole]) => whole);
    assert.deepEqual(got, found, pattern);
  }
});

Deno.test("pythonRegex refuses patterns that are not known to match the same", () => {
  for (const pattern of ["[\\W]", "[^\\S]", "[\\D]+", "\\Bb", "(a+)+$", "(?x) a", "(a)\\1"]) {
    assert.throws(() => pythonRegex(pattern), SyntaxError, pattern);
  }
});

// Recorded from CPython 3.11: str(ast.literal_eval(text)).
Deno.test("pythonLiteral reads lists as Python does", () => {
  for (
    const [text, shown] of [
      ["[1.0, 2]", "[1.0, 2]"],
      ["[10000000000000000001]", "[10000000000000000001]"],
      ["[(1)]", "[1]"],
      ["['a', \"it's\", True, None, -3]", "['a', \"it's\", True, None, -3]"],
    ]
  ) assert.equal(pythonString(pythonLiteral(text)), shown);
  for (const text of ["[citation needed]", "[01]", "[", "x", "[see 'a', 3]"]) {
    assert.equal(pythonLiteral(text), undefined, text);
  }
  const unknown = ["['a' 'b']", "[+1]", "[0x10]", "[{'a': 1}]", "[r'x', 1_000, 2j]", "['\\d']"];
  for (const text of unknown) assert.ok(mayBeLiteral(text), text);
  for (const text of ["[citation needed]", "[see 'a', 3]"]) assert.ok(!mayBeLiteral(text), text);
});
