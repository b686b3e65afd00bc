import type { LlamaConfig } from "../model/llama_config.ts";
import type { BatchShape } from "./gradient_pass.ts";
import { parameterCount } from "../model/parameters.ts";

const FLOAT_BYTES = 4;
/** The runtime's allocator grows in large pieces. */
const SLACK = 1.2;

/**
 * Memory that the two shapes of a training step need on the device, bytes: parameters, moments, gradients,
 * and the activations that wait for the backward pass. An estimate from shapes, fitted to what the bench
 * measured (docs/measured.md); sessions of the step in blocks do not share what they have freed.
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
  const ofHead = tokens * (6 * vocabSize + 3 * hiddenSize);
  const state = 4 * parameterCount(config);
  const mask = sequence * sequence;
  return {
    whole: SLACK * FLOAT_BYTES * (state + layers * ofBlock + ofHead + mask),
    blocks: SLACK * FLOAT_BYTES *
      (state + (layers + 2) * tokens * hiddenSize + 2 * ofBlock + ofHead + mask),
  };
}
