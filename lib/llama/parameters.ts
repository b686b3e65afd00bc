import { elementCount } from "../graph/tensor.ts";
import type { LlamaConfig } from "./config.ts";

/** Name and shape of one trained tensor. */
export interface ParameterSpec {
  /** Name in Hugging Face checkpoints. */
  readonly name: string;
  /** Length of every axis; matrices are [out, in]. */
  readonly dims: readonly number[];
}

/** Name of the embedding table; also the head's weight when embeddings are tied. */
export const EMBEDDING = "model.embed_tokens.weight";
/** Name of the last norm's weight. */
export const FINAL_NORM = "model.norm.weight";
/** Name of the head's weight when embeddings are not tied. */
export const HEAD = "lm_head.weight";

/** Tensors of one decoder block, in canonical order, without the layer's prefix. */
export function blockParameters(config: LlamaConfig): ParameterSpec[] {
  const { biases, hiddenSize, intermediateSize, heads, keyValueHeads, headDim } = config;
  const weights = [
    { name: "input_layernorm.weight", dims: [hiddenSize] },
    { name: "self_attn.q_proj.weight", dims: [heads * headDim, hiddenSize] },
    { name: "self_attn.k_proj.weight", dims: [keyValueHeads * headDim, hiddenSize] },
    { name: "self_attn.v_proj.weight", dims: [keyValueHeads * headDim, hiddenSize] },
    { name: "self_attn.o_proj.weight", dims: [hiddenSize, heads * headDim] },
    { name: "post_attention_layernorm.weight", dims: [hiddenSize] },
    { name: "mlp.gate_proj.weight", dims: [intermediateSize, hiddenSize] },
    { name: "mlp.up_proj.weight", dims: [intermediateSize, hiddenSize] },
    { name: "mlp.down_proj.weight", dims: [hiddenSize, intermediateSize] },
  ];
  return weights.flatMap(({ name, dims }) => {
    const module = name.slice(0, -".weight".length);
    const bias = biases.includes(module) ? [{ name: `${module}.bias`, dims: [dims[0]] }] : [];
    return [{ name, dims }, ...bias];
  });
}

/** Full name of a block's tensor. */
export function blockParameterName(layer: number, name: string): string {
  return `model.layers.${layer}.${name}`;
}

/**
 * Every trained tensor in canonical order: embedding, blocks, final norm, head. The order is part of the
 * submission format.
 */
export function llamaParameters(config: LlamaConfig): ParameterSpec[] {
  const { vocabSize, hiddenSize } = config;
  const blocks = Array.from(
    { length: config.layers },
    (_, layer) =>
      blockParameters(config).map(({ name, dims }) => ({
        name: blockParameterName(layer, name),
        dims,
      })),
  );
  return [
    { name: EMBEDDING, dims: [vocabSize, hiddenSize] },
    ...blocks.flat(),
    { name: FINAL_NORM, dims: [hiddenSize] },
    ...(config.tiedEmbeddings ? [] : [{ name: HEAD, dims: [vocabSize, hiddenSize] }]),
  ];
}

/** Number of trained values. */
export function parameterCount(config: LlamaConfig): number {
  return llamaParameters(config).reduce((sum, { dims }) => sum + elementCount(dims), 0);
}
