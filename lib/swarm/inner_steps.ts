import type { Corpus } from "../corpus/corpus.ts";
import type { InnerStep } from "./learner.ts";

/**
 * Yields the inner steps of a window, batch by batch.
 *
 * @param samples Samples of the window, in training order.
 * @param batch Samples per step.
 * @param rate Learning rate by step index within the window.
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
