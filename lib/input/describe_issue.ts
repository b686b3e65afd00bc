import * as v from "valibot";

/** Issues of a value that a schema does not accept. */
type Issues = readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]];

/**
 * Describes the first issue of a value, or the first unknown key, since that often causes the others.
 *
 * @returns The key, what it is, and what is wanted: "training.batch is 0, want >=1".
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { describeIssue } from "./describe_issue.ts";
 * import assert from "node:assert/strict";
 *
 * const { issues } = v.safeParse(v.object({ a: v.number() }), { a: "x" });
 * assert.equal(describeIssue(issues!), 'a is "x", want number');
 * ```
 */
export function describeIssue(issues: Issues): string {
  const unknown = unknownKey(issues);
  if (unknown) return `${unknown.join(".")} is not a known key`;
  const [issue] = issues;
  const { expected, message, received, type } = issue;
  const where = v.getDotPath(issue) ?? "the document";
  if (received === "undefined") return `${where} is missing`;
  return `${where} is ${received}, want ${expected ?? (type === "check" ? message : type)}`;
}

/** Path of the first key that a strict object does not have; undefined when all are known. */
export function unknownKey(issues: Issues): string[] | undefined {
  const issue = issues.find(({ expected, type }) =>
    type === "strict_object" && expected === "never"
  );
  return issue && (issue.path ?? []).map(({ key }) => String(key));
}
