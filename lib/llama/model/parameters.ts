import { elementCount } from "../../tensor/dims.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";
import type { LlamaConfig } from "./llama_config.ts";

/** Name of the embedding table; also the head's weight when embeddings are tied. */
export const EMBEDDING = "model.embed_tokens.weight";
/** Name of the final norm's weight. */
export const FINAL_NORM = "model.norm.weight";
/** Name of the head's weight when embeddings are not tied. */
export const HEAD = "lm_head.weight";

/** Norms around the attention or gated unit of a block; undefined where absent. */
interface HalfNorms {
  /** Norm of the input. */
  readonly before?: string;
  /** Norm of the output. */
  readonly after?: string;
}

const ATTENTION_NORM = "post_attention_layernorm";
const BLOCK_NORMS: Readonly<
  Record<"before" | "after" | "both", Record<"attention" | "gatedUnit", HalfNorms>>
> = {
  before: {
    attention: { before: "input_layernorm" },
    gatedUnit: { before: ATTENTION_NORM },
  },
  after: {
    attention: { after: ATTENTION_NORM },
    gatedUnit: { after: "post_feedforward_layernorm" },
  },
  both: {
    attention: { before: "input_layernorm", after: ATTENTION_NORM },
    gatedUnit: { before: "pre_feedforward_layernorm", after: "post_feedforward_layernorm" },
  },
};

/** Returns the names of a block's norms. */
export function blockNorms({ traits = {} }: LlamaConfig): Record<
  "attention" | "gatedUnit",
  HalfNorms
> {
  return BLOCK_NORMS[traits.norms ?? "before"];
}

function queryKeyNorms(
  { headDim, traits = {} }: LlamaConfig,
  queries: number,
  keys: number,
): TensorShape[] {
  if (traits.queryKeyNorm === undefined) return [];
  const whole = traits.queryKeyNorm === "whole";
  return [
    { name: "self_attn.q_norm.weight", dims: [whole ? queries : headDim] },
    { name: "self_attn.k_norm.weight", dims: [whole ? keys : headDim] },
  ];
}

/** Returns the tensors of one decoder block in canonical order, without the layer prefix. */
export function blockParameters(config: LlamaConfig): TensorShape[] {
  const { biases, hiddenSize, intermediateSize, heads, keyValueHeads, headDim } = config;
  const [queries, keys] = [heads * headDim, keyValueHeads * headDim];
  const { attention, gatedUnit } = blockNorms(config);
  const norm = (name: string | undefined) =>
    name === undefined ? [] : [{ name: `${name}.weight`, dims: [hiddenSize] }];
  const weights = [
    ...norm(attention.before),
    { name: "self_attn.q_proj.weight", dims: [queries, hiddenSize] },
    { name: "self_attn.k_proj.weight", dims: [keys, hiddenSize] },
    { name: "self_attn.v_proj.weight", dims: [keys, hiddenSize] },
    ...queryKeyNorms(config, queries, keys),
    { name: "self_attn.o_proj.weight", dims: [hiddenSize, queries] },
    ...norm(attention.after),
    ...norm(gatedUnit.before),
    { name: "mlp.gate_proj.weight", dims: [intermediateSize, hiddenSize] },
    { name: "mlp.up_proj.weight", dims: [intermediateSize, hiddenSize] },
    { name: "mlp.down_proj.weight", dims: [hiddenSize, intermediateSize] },
    ...norm(gatedUnit.after),
  ];
  return weights.flatMap(({ name, dims }) => {
    const module = name.slice(0, -".weight".length);
    const bias = biases.includes(module) ? [{ name: `${module}.bias`, dims: [dims[0]] }] : [];
    return [{ name, dims }, ...bias];
  });
}

/** Returns the full name of a block's tensor. */
export function blockParameterName(layer: number, name: string): string {
  return `model.layers.${layer}.${name}`;
}

/**
 * Returns every trained tensor in canonical order: embedding, blocks, final norm, head. The order is part of
 * the submission format.
 */
export function llamaParameters(config: LlamaConfig): TensorShape[] {
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

/** Returns the number of trained values. */
export function parameterCount(config: LlamaConfig): number {
  return llamaParameters(config).reduce((sum, { dims }) => sum + elementCount(dims), 0);
}
