import type { LlamaConfig } from "../model/llama_config.ts";
import type { BatchShape } from "./gradient_pass.ts";
import { parameterCount } from "../model/parameters.ts";

const FLOAT_BYTES = 4;
/** Overhead factor: the runtime's allocator grows in large chunks. */
const SLACK = 1.2;

/**
 * Estimates the device memory of the two forms of a training step, in bytes: parameters, moments, gradients,
 * and the activations kept for the backward pass. The estimate is derived from shapes and fitted to the
 * bench's measurements (docs/measured.md); sessions of the step in blocks do not share freed memory.
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
