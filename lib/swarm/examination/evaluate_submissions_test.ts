import assert from "node:assert/strict";
import { simulatedDefinition } from "../../simulation/simulated_definition.ts";
import { emptyCompressed } from "../../sparseloco/compressed_tensor.ts";
import { tensorNorm } from "../../sparseloco/aggregate.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { testCorpus } from "../../../testing/swarm_run.ts";
import { evaluateSubmissions } from "./evaluate_submissions.ts";
import type { Submission } from "./examine_submission.ts";

const SHAPES = [{ name: "w", dims: [64, 64] }];

/** Returns a submission whose only tensor has the given norm. */
function submission(uid: number, norm: number): Submission {
  const tensor = emptyCompressed([64, 64], 64);
  tensor.indices.forEach((_, i) => tensor.indices[i] = i);
  tensor.levels.fill(norm / Math.sqrt(tensor.codes.length));
  return { uid, tensors: [tensor] } as unknown as Submission;
}

/** Returns the size of the step that each peer is evaluated with, by uid. */
async function evaluatedSteps(norms: number[]): Promise<number[]> {
  const definition = simulatedDefinition();
  const submissions = norms.map((norm, uid) => submission(uid, norm));
  const sizes: number[] = [];
  await evaluateSubmissions(submissions, submissions, {
    definition,
    shapes: SHAPES,
    before: new Map([["w", new Float32Array(4096)]]),
    corpus: testCorpus(),
    window: 1,
    nonce: "ee".repeat(32),
    evaluator: {
      losses: (parameters: ParameterValues, samples) => {
        sizes.push(Math.sqrt(parameters.get("w")!.reduce((sum, x) => sum + x * x, 0)));
        return Promise.resolve(new Float64Array(samples.length).fill(1));
      },
    },
  });
  const { stepFactor } = definition.gauntlet.evaluation;
  return sizes.slice(2).map((size) => size / stepFactor); // skips those before and under the common step
}

const near = (found: number[], wanted: number[]) =>
  found.forEach((size, i) => assert.ok(Math.abs(size / wanted[i] - 1) < 1e-5, `${found}`));

Deno.test("evaluated steps are clipped to the upper median of the norms", async () => {
  assert.ok(Math.abs(tensorNorm(submission(0, 3).tensors[0]) - 3) < 1e-6);
  near(await evaluatedSteps([1, 2, 30]), [1, 2, 2]);
  // Of two norms the larger counts: a near-zero submission cannot scale the other one to nothing.
  near(await evaluatedSteps([0.001, 2]), [0.001, 2]);
});
