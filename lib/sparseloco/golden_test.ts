import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import { decodeSubmission, encodeSubmission, type SubmissionContext } from "./submission.ts";

/** What `scripts/make_submission_vectors.ts` wrote. */
interface Vector {
  name: string;
  context: SubmissionContext;
  tensors: { indices: number[]; codes: number[]; levels: number[] }[];
}

for (
  const vector of JSON.parse(Deno.readTextFileSync(fixture("submission/vectors.json"))) as Vector[]
) {
  Deno.test(`the golden submission "${vector.name}" reads and writes as ever`, () => {
    const bytes = Deno.readFileSync(fixture(`submission/${vector.name}.covey`));
    const tensors = decodeSubmission(vector.context, bytes);
    tensors.forEach(({ codes, indices, levels }, i) => {
      const found = { indices: [...indices], codes: [...codes], levels: [...levels] };
      assert.deepEqual(found, vector.tensors[i]);
    });
    assert.deepEqual(encodeSubmission(vector.context, tensors), bytes);
  });
}
