import * as v from "valibot";
import type { DecoderTraits } from "./decoder_traits.ts";

/** How rotary frequencies are stretched for contexts longer than the model was trained on. */
export type RopeScaling =
  | { kind: "default" }
  | { kind: "linear" | "dynamic"; factor: number }
  | {
    kind: "llama3";
    factor: number;
    lowFrequencyFactor: number;
    highFrequencyFactor: number;
    originalPositions: number;
  }
  | {
    kind: "yarn";
    factor: number;
    betaFast: number;
    betaSlow: number;
    originalPositions: number;
    /** Factor on both tables; undefined for the usual one of `factor`. */
    attentionFactor: number | undefined;
    /** Whether the ramp begins and ends at whole pairs. */
    truncate: boolean;
  };

/** Shape of a LLaMA model; the comment behind each field is its key in Hugging Face's `config.json`. */
export interface LlamaConfig {
  /** `vocab_size` */
  vocabSize: number;
  /** `hidden_size` */
  hiddenSize: number;
  /** `intermediate_size` */
  intermediateSize: number;
  /** `num_hidden_layers` */
  layers: number;
  /** `num_attention_heads` */
  heads: number;
  /** `num_key_value_heads` */
  keyValueHeads: number;
  /** `head_dim` */
  headDim: number;
  /** `rms_norm_eps` */
  rmsNormEpsilon: number;
  /** `rope_theta` */
  ropeTheta: number;
  /** `rope_scaling`, or `rope_parameters` since transformers 5 */
  ropeScaling: RopeScaling;
  /** `max_position_embeddings` */
  positionsMax: number;
  /** `tie_word_embeddings` */
  tiedEmbeddings: boolean;
  /** Projections of a block that add a bias, such as "self_attn.q_proj"; from `attention_bias`, `mlp_bias` */
  biases: readonly string[];
  /** What the decoder of its family does otherwise than LLaMA's; undefined for nothing. */
  traits?: DecoderTraits;
  /** `bos_token_id`; undefined where the model has none */
  bosTokenId: number | undefined;
  /** `eos_token_id`, always as a list */
  eosTokenIds: number[];
}

const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const tokenId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));

const ROPE = v.object({
  rope_type: v.optional(v.string()),
  type: v.optional(v.string()),
  rope_theta: v.optional(positive),
  factor: v.optional(positive),
  low_freq_factor: v.optional(positive),
  high_freq_factor: v.optional(positive),
  original_max_position_embeddings: v.optional(count(2 ** 30)),
  beta_fast: v.optional(positive),
  beta_slow: v.optional(positive),
  attention_factor: v.nullish(positive),
  mscale: v.nullish(v.number()),
  mscale_all_dim: v.nullish(v.number()),
  truncate: v.nullish(v.boolean()),
});

/** Projections of attention and of the gated unit, as checkpoints name them. */
const ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}`);
const GATED_UNIT = ["gate_proj", "up_proj", "down_proj"].map((name) => `mlp.${name}`);

/** Architectures that compute what LLaMA computes, by `model_type`: the biases that they have unasked. */
const MODEL_TYPES: Readonly<Record<string, { className: string; biases: readonly string[] }>> = {
  llama: { className: "LlamaForCausalLM", biases: [] },
  mistral: { className: "MistralForCausalLM", biases: [] },
  qwen2: { className: "Qwen2ForCausalLM", biases: ATTENTION.slice(0, 3) },
};

const FILE = v.object({
  model_type: v.optional(v.picklist(Object.keys(MODEL_TYPES)), "llama"),
  architectures: v.nullish(
    v.tuple([v.picklist(Object.values(MODEL_TYPES).map(({ className }) => className))]),
  ),
  hidden_act: v.optional(v.literal("silu"), "silu"),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  quantization_config: v.optional(v.null(), null),
  sliding_window: v.nullish(count(2 ** 30)),
  use_sliding_window: v.optional(v.boolean(), true),
  vocab_size: v.optional(count(2 ** 24), 32000),
  hidden_size: v.optional(count(2 ** 18), 4096),
  intermediate_size: v.optional(count(2 ** 20), 11008),
  num_hidden_layers: v.optional(count(4096), 32),
  num_attention_heads: v.optional(count(4096), 32),
  num_key_value_heads: v.nullish(count(4096)),
  head_dim: v.nullish(count(4096)),
  max_position_embeddings: v.optional(count(2 ** 30), 2048),
  rms_norm_eps: v.optional(positive, 1e-6),
  tie_word_embeddings: v.optional(v.boolean(), false),
  bos_token_id: v.nullish(tokenId),
  eos_token_id: v.nullish(v.union([tokenId, v.pipe(v.array(tokenId), v.maxLength(64))])),
  rope_theta: v.optional(positive),
  rope_scaling: v.nullish(ROPE),
  rope_parameters: v.nullish(ROPE),
});

/** Keys of a `config.json` that mean something here. */
export const CONFIG_KEYS: readonly string[] = Object.keys(FILE.entries);

/**
 * Reads a `config.json`. Keys that do not change the computation are ignored.
 *
 * @throws RangeError when a key has a value that no LLaMA can have, naming key, value and wanted value.
 *
 * @example
 * ```ts
 * import { parseLlamaConfig } from "./config.ts";
 * import { parameterCount } from "./parameters.ts";
 * import assert from "node:assert/strict";
 *
 * const config = parseLlamaConfig({ hidden_size: 64, num_attention_heads: 4, num_hidden_layers: 2 });
 * assert.equal(config.headDim, 16);
 * assert.equal(parameterCount(config), 8_356_160);
 * ```
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new RangeError("Cannot read model config: it is not a JSON object");
  }
  const result = v.safeParse(FILE, json);
  if (!result.success) {
    const issue = result.issues[0];
    throw new RangeError(
      `Cannot read model config: ${v.getDotPath(issue) ?? "the file"} is ${issue.received}, want ${
        issue.expected ?? issue.type
      }`,
    );
  }
  const file = result.output;
  const eos = file.eos_token_id ?? [];
  const config: LlamaConfig = {
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    keyValueHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim: file.head_dim ?? file.hidden_size / file.num_attention_heads,
    rmsNormEpsilon: file.rms_norm_eps,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10000,
    ropeScaling: parseScaling(file.rope_parameters ?? file.rope_scaling, file),
    positionsMax: file.max_position_embeddings,
    tiedEmbeddings: file.tie_word_embeddings,
    biases: [
      ...(file.attention_bias ? ATTENTION : MODEL_TYPES[file.model_type].biases),
      ...(file.mlp_bias ? GATED_UNIT : []),
    ],
    bosTokenId: file.bos_token_id ?? undefined,
    eosTokenIds: typeof eos === "number" ? [eos] : eos,
  };
  checkHeads(config);
  const { sliding_window: window, use_sliding_window: slides } = file;
  if (window && slides && window < config.positionsMax) {
    throw new RangeError(
      `Cannot read model config: sliding_window is ${window}, want none or max_position_embeddings ${config.positionsMax}`,
    );
  }
  const outside = [...config.eosTokenIds, config.bosTokenId ?? 0].find((id) =>
    id >= config.vocabSize
  );
  if (outside !== undefined) {
    throw new RangeError(
      `Cannot read model config: a special token has id ${outside}, want less than vocab_size ${config.vocabSize}`,
    );
  }
  return config;
}

/** Writes the `config.json` of a model, with the keys that both transformers 4 and 5 read. */
export function formatLlamaConfig(config: LlamaConfig): Record<string, unknown> {
  const rope = formatScaling(config.ropeScaling);
  const attentionBias = config.biases.includes(ATTENTION[3]);
  const modelType = config.biases.includes(ATTENTION[0]) && !attentionBias ? "qwen2" : "llama";
  return {
    architectures: [MODEL_TYPES[modelType].className],
    model_type: modelType,
    hidden_act: "silu",
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.positionsMax,
    rms_norm_eps: config.rmsNormEpsilon,
    tie_word_embeddings: config.tiedEmbeddings,
    attention_bias: attentionBias,
    mlp_bias: config.biases.includes(GATED_UNIT[0]),
    rope_theta: config.ropeTheta,
    rope_scaling: rope,
    rope_parameters: { rope_type: "default", ...rope, rope_theta: config.ropeTheta },
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: config.eosTokenIds.length === 1 ? config.eosTokenIds[0] : config.eosTokenIds,
    torch_dtype: "float32",
  };
}

function checkHeads({ hiddenSize, heads, keyValueHeads, headDim }: LlamaConfig): void {
  if (heads % keyValueHeads !== 0) {
    throw new RangeError(
      `Cannot read model config: num_attention_heads is ${heads}, want a multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new RangeError(
      `Cannot read model config: head_dim is ${headDim} (hidden_size ${hiddenSize}, num_attention_heads ${heads}), want an even integer`,
    );
  }
}

function parseScaling(
  rope: v.InferOutput<typeof ROPE> | null | undefined,
  file: { max_position_embeddings: number },
): RopeScaling {
  const kind = rope?.rope_type ?? rope?.type ?? "default";
  const need = (key: "factor" | "low_freq_factor" | "high_freq_factor") => {
    const value = rope?.[key];
    if (value === undefined) {
      throw new RangeError(
        `Cannot read model config: rope type ${kind} has no ${key}, want a number`,
      );
    }
    return value;
  };
  const originalPositions = rope?.original_max_position_embeddings ?? file.max_position_embeddings;
  switch (kind) {
    case "default":
      return { kind };
    case "linear":
    case "dynamic":
      return { kind, factor: need("factor") };
    case "llama3":
      return {
        kind,
        factor: need("factor"),
        lowFrequencyFactor: need("low_freq_factor"),
        highFrequencyFactor: need("high_freq_factor"),
        originalPositions,
      };
    case "yarn":
      return {
        kind,
        factor: need("factor"),
        betaFast: rope?.beta_fast ?? 32,
        betaSlow: rope?.beta_slow ?? 1,
        originalPositions,
        attentionFactor: rope?.attention_factor ?? scaledAttention(rope),
        truncate: rope?.truncate ?? true,
      };
    default:
      throw new RangeError(
        `Cannot read model config: rope type is "${kind}", want default, linear, dynamic, llama3 or yarn`,
      );
  }
}

/** DeepSeek's way to write the attention factor of yarn: a ratio of two, where both scales are there. */
function scaledAttention(rope: v.InferOutput<typeof ROPE> | null | undefined): number | undefined {
  const { factor, mscale, mscale_all_dim: all } = rope ?? {};
  if (!factor || !mscale || !all) return undefined;
  const scale = (m: number) => factor > 1 ? 0.1 * m * Math.log(factor) + 1 : 1;
  return scale(mscale) / scale(all);
}

function formatScaling(scaling: RopeScaling): Record<string, unknown> | null {
  switch (scaling.kind) {
    case "default":
      return null;
    case "linear":
    case "dynamic":
      return { rope_type: scaling.kind, factor: scaling.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalPositions,
      };
    case "yarn":
      return {
        rope_type: "yarn",
        factor: scaling.factor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        original_max_position_embeddings: scaling.originalPositions,
        ...(scaling.attentionFactor ? { attention_factor: scaling.attentionFactor } : {}),
        ...(scaling.truncate ? {} : { truncate: false }),
      };
  }
}
