import type { ParameterValues } from "../tensor/parameter_values.ts";
import { aggregate, type AggregationMode } from "../sparseloco/aggregate.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import { outerStep } from "../sparseloco/outer_step.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/**
 * Takes the outer step of a whole model, tensor by tensor: aggregates the accepted submissions and
 * moves the parameters. The same inputs give the same bits on every machine.
 *
 * @param parameters State before the step; not modified.
 * @param accepted Accepted submissions, ascending by uid; if empty, the state does not change.
 * @returns State after the step.
 */
export function applySubmissions(
  shapes: readonly TensorShape[],
  parameters: ParameterValues,
  accepted: readonly { readonly tensors: readonly CompressedTensor[] }[],
  { aggregation, normsMax, outerLearningRate }: {
    aggregation: AggregationMode;
    outerLearningRate: number;
    /** Norm that each tensor is scaled down to, instead of the median over the submissions. */
    normsMax?: readonly number[];
  },
): ParameterValues {
  return new Map(shapes.map(({ name }, index) => {
    const values = parameters.get(name)!.slice();
    if (accepted.length > 0) {
      const ofPeers = accepted.map(({ tensors }) => tensors[index]);
      const average = aggregate(ofPeers, aggregation, normsMax?.[index]);
      outerStep(values, average, outerLearningRate);
    }
    return [name, values];
  }));
}
