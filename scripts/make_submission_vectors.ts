/**
 * Writes the golden submissions of `docs/submission-format.md`: `fixtures/submission/NAME.covey`, and
 * `vectors.json` with their contents. Run it only when the format's version changes.
 */
import { fixture } from "../fixtures/fixture.ts";
import { SeededRandom } from "../lib/random/seeded_random.ts";
import { compress } from "../lib/sparseloco/compress.ts";
import { encodeSubmission, type SubmissionContext } from "../lib/sparseloco/submission.ts";

const RUN = "00112233445566778899aabbccddeeff".repeat(2);
const CASES: Record<string, Omit<SubmissionContext, "run">> = {
  matrix: { window: 1, uid: 0, topk: 64, shapes: [{ name: "w", dims: [128, 64] }] },
  mixed: {
    window: 70000,
    uid: 258,
    topk: 16,
    shapes: [
      { name: "model.embed_tokens.weight", dims: [100, 64] },
      { name: "model.norm.weight", dims: [64] },
      { name: "model.bias", dims: [7] },
    ],
  },
  dense: { window: 0, uid: 65535, topk: 64, shapes: [{ name: "norm", dims: [128] }] },
};

const vectors = Object.entries(CASES).map(([name, rest], seed) => {
  const context = { run: RUN, ...rest };
  const random = new SeededRandom(BigInt(seed));
  const tensors = context.shapes.map(({ dims }) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const delta = Float32Array.from({ length }, () => random.normal());
    return compress(delta, new Float32Array(length), dims, context.topk, 0.95);
  });
  Deno.writeFileSync(fixture(`submission/${name}.covey`), encodeSubmission(context, tensors));
  const { shapes, ...facts } = context;
  return {
    name,
    context: { ...facts, tensors: shapes },
    tensors: tensors.map(({ indices, codes, levels }) => ({
      indices: [...indices],
      codes: [...codes],
      levels: [...levels],
    })),
  };
});
Deno.writeTextFileSync(fixture("submission/vectors.json"), JSON.stringify(vectors) + "\n");
