import type { ParameterValues } from "../llama/trainer.ts";
import { aggregate, type AggregationMode } from "../sparseloco/aggregate.ts";
import { outerStep } from "../sparseloco/outer_step.ts";
import type { Gathered } from "./gather_submissions.ts";
import type { Learner } from "./learner.ts";

/**
 * The outer step over a whole model, tensor by tensor: aggregate the accepted submissions, move the
 * parameters in place. The same inputs give the same bits on every machine.
 *
 * @param accepted Ascending by uid; at least one.
 */
export function applySubmissions(
  tensors: Learner["tensors"],
  parameters: ParameterValues,
  accepted: readonly Gathered[],
  { aggregation, outerLearningRate }: { aggregation: AggregationMode; outerLearningRate: number },
): void {
  tensors.forEach(({ name }, index) => {
    const average = aggregate(accepted.map(({ tensors }) => tensors[index]), aggregation);
    outerStep(parameters.get(name)!, average, outerLearningRate);
  });
}
