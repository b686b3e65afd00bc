import type { LlamaConfig } from "./config.ts";
import type { BatchShape } from "./gradient_pass.ts";
import { parameterCount } from "./parameters.ts";

const FLOAT_BYTES = 4;

/**
 * Memory that the two shapes of a training step need on the device, bytes: parameters, moments, gradients,
 * and the activations that wait for the backward pass. An estimate from shapes, a little above what was
 * measured.
 */
export function stepMemory(
  config: LlamaConfig,
  { batch, sequence }: BatchShape,
): { whole: number; blocks: number } {
  const { hiddenSize, intermediateSize, heads, headDim, keyValueHeads, layers, vocabSize } = config;
  const tokens = batch * sequence;
  const projected = (2 * heads + 2 * keyValueHeads) * headDim;
  const scores = heads * sequence;
  const ofBlock = tokens * (6 * hiddenSize + 2 * projected + 5 * intermediateSize + 2 * scores);
  const ofHead = tokens * (3 * vocabSize + 3 * hiddenSize);
  const state = 4 * parameterCount(config);
  const mask = sequence * sequence;
  return {
    whole: FLOAT_BYTES * (state + layers * ofBlock + ofHead + mask),
    blocks: FLOAT_BYTES *
      (state + (layers + 2) * tokens * hiddenSize + Math.max(2 * ofBlock, ofHead) + mask),
  };
}
