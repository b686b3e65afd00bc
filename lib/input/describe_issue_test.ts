import assert from "node:assert/strict";
import * as v from "valibot";
import { describeIssue, unknownKey } from "./describe_issue.ts";

const SCHEMA = v.strictObject({
  a: v.pipe(v.number(), v.integer(), v.minValue(1)),
  b: v.optional(v.strictObject({ c: v.picklist(["x", "y"]) })),
  d: v.optional(v.pipe(v.string(), v.check((text) => text !== "no", "anything but no"))),
});

Deno.test("describeIssue says what is there and what is wanted", () => {
  const cases: [unknown, string][] = [
    [{}, "a is missing"],
    [{ a: "1" }, 'a is "1", want number'],
    [{ a: 1.5 }, "a is 1.5, want integer"],
    [{ a: 0 }, "a is 0, want >=1"],
    [{ a: 1, b: { c: "z" } }, 'b.c is "z", want ("x" | "y")'],
    [{ a: 1, d: "no" }, 'd is "no", want anything but no'],
    [{ a: "1", b: { c: "x", e: 1 } }, "b.e is not a known key"],
    [null, "the document is null, want Object"],
  ];
  for (const [value, wanted] of cases) {
    const { issues } = v.safeParse(SCHEMA, value);
    assert.equal(describeIssue(issues!), wanted);
  }
});

Deno.test("unknownKey finds a key at any depth, and no other issue", () => {
  const unknown = (value: unknown) => unknownKey(v.safeParse(SCHEMA, value).issues!);
  assert.deepEqual(unknown({ a: "1", b: { e: 1 } }), ["b", "e"]);
  assert.deepEqual(unknown({ a: "1" }), undefined);
});
