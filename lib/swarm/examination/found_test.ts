import assert from "node:assert/strict";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";
import { type Found, submissionsOf } from "./found.ts";

Deno.test("submissionsOf omits refusals and sorts by uid", () => {
  const submission = (uid: number) => ({ uid }) as Submission;
  const found = new Map<number, Found>([
    [5, submission(5)],
    [1, new RefusedError("missing", "key")],
    [0, submission(0)],
  ]);
  assert.deepEqual(submissionsOf(found).map(({ uid }) => uid), [0, 5]);
});
