import type { Corpus } from "../corpus/corpus.ts";
import type { InnerStep } from "./learner.ts";

/**
 * The inner steps of a window, one batch after the other.
 *
 * @param samples Samples of the window, in the order in which they are trained on.
 * @param batch Samples of a step.
 * @param rate Learning rate of the window's step with this index.
 */
export async function* innerSteps(
  corpus: Corpus,
  samples: Uint32Array,
  batch: number,
  rate: (index: number) => number,
): AsyncGenerator<InnerStep> {
  for (let index = 0; index * batch < samples.length; index++) {
    const ofStep = samples.subarray(index * batch, (index + 1) * batch);
    yield { samples: corpus.batch(ofStep), learningRate: rate(index) };
  }
}
