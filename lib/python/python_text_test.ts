// Expected values are those of CPython 3.11.
import assert from "node:assert/strict";
import {
  capitalize,
  formatFloat,
  length,
  splitWords,
  strip,
  stripLeft,
  stripRight,
} from "./python_text.ts";

Deno.test("formatFloat writes numbers as Python's str does", () => {
  const cases: [number, string][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-7.2700000000000005, "-7.2700000000000005"],
    [1e-5, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [0.0001, "0.0001"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e16, "1e+16"],
    [9999999999999998, "9999999999999998.0"],
    [Infinity, "inf"],
    [NaN, "nan"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
  ];
  for (const [value, text] of cases) assert.equal(formatFloat(value), text);
});

Deno.test("capitalize handles title case, ligatures and final letters", () => {
  const cases = [
    ["éCOLE à", "École à"],
    ["\u01c4ABC", "\u01c5abc"],
    ["ßtraße", "Sstraße"],
    ["ﬁSH", "Fish"],
    ["ΌΣΑΣ", "Όσας"],
    ["", ""],
    ["  aB", "  ab"],
  ];
  for (const [from, to] of cases) assert.equal(capitalize(from), to);
});

Deno.test("white space is as in Python, and lengths count code points", () => {
  const text = "\x1c\x85\u3000 a\ufeffb \u2003\t\n\xa0";
  assert.equal(strip(text), "a\ufeffb");
  assert.equal(stripLeft(text), "a\ufeffb \u2003\t\n\xa0");
  assert.equal(stripRight(text), "\x1c\x85\u3000 a\ufeffb");
  assert.deepEqual(splitWords(" a\x1cb\u2028c\ufeffd "), ["", "a", "b", "c\ufeffd", ""]);
  assert.equal(length("a🎉é"), 3);
});
