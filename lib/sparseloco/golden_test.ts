import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";
import { decodeSubmission, encodeSubmission, type SubmissionContext } from "./submission.ts";

/** A vector written by `scripts/make_submission_vectors.ts`. */
interface Vector {
  name: string;
  context: Omit<SubmissionContext, "shapes"> & { tensors: TensorShape[] };
  tensors: { indices: number[]; codes: number[]; levels: number[] }[];
}

for (
  const vector of JSON.parse(Deno.readTextFileSync(fixture("submission/vectors.json"))) as Vector[]
) {
  Deno.test(`golden submission "${vector.name}" decodes and re-encodes unchanged`, () => {
    const bytes = Deno.readFileSync(fixture(`submission/${vector.name}.covey`));
    const { tensors: shapes, ...rest } = vector.context;
    const context = { ...rest, shapes };
    const tensors = decodeSubmission(context, bytes);
    tensors.forEach(({ codes, indices, levels }, i) => {
      const found = { indices: [...indices], codes: [...codes], levels: [...levels] };
      assert.deepEqual(found, vector.tensors[i]);
    });
    assert.deepEqual(encodeSubmission(context, tensors), bytes);
  });
}
