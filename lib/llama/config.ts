import * as v from "valibot";
import type { DecoderTraits } from "./decoder_traits.ts";
import { ATTENTION, FAMILIES, type Family, GATED_UNIT } from "./families.ts";
import { readRope, type Rope } from "./read_rope.ts";
import { formatRopeScaling, ROPE_SCHEMA, type RopeScaling } from "./rope_scaling.ts";

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
  /** Whether the projections of queries, keys and values share a tensor, and those of gate and up. */
  fused?: boolean;
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

const FILE = v.object({
  model_type: v.optional(v.picklist(Object.keys(FAMILIES)), "llama"),
  architectures: v.nullish(v.tuple([v.string()])),
  hidden_act: v.nullish(v.string()),
  hidden_activation: v.nullish(v.string()),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  quantization_config: v.optional(v.null(), null),
  use_bidirectional_attention: v.optional(v.nullable(v.literal(false))),
  is_causal: v.optional(v.literal(true)),
  per_layer_config: v.optional(v.null()),
  transformers_weights: v.optional(v.null()),
  sliding_window: v.nullish(count(2 ** 30)),
  use_sliding_window: v.nullish(v.boolean()),
  max_window_layers: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0))),
  sliding_window_pattern: v.nullish(count(4096)),
  layer_types: v.nullish(
    v.array(v.picklist(["full_attention", "attention", "sliding_attention"])),
  ),
  no_rope_layers: v.nullish(v.array(v.union([v.number(), v.boolean()]))),
  no_rope_layer_interval: v.nullish(count(4096)),
  query_pre_attn_scalar: v.nullish(positive),
  attn_logit_softcapping: v.nullish(positive),
  final_logit_softcapping: v.nullish(positive),
  embedding_multiplier: v.nullish(positive),
  attention_multiplier: v.nullish(positive),
  residual_multiplier: v.nullish(positive),
  logits_scaling: v.nullish(positive),
  partial_rotary_factor: v.nullish(v.pipe(positive, v.maxValue(1))),
  original_max_position_embeddings: v.nullish(count(2 ** 30)),
  rope_local_base_freq: v.nullish(positive),
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
  rope_theta: v.nullish(positive),
  rope_scaling: v.nullish(ROPE_SCHEMA),
  rope_parameters: v.nullish(v.union([
    v.object({ full_attention: ROPE_SCHEMA, sliding_attention: v.optional(ROPE_SCHEMA) }),
    ROPE_SCHEMA,
  ])),
});

/** What a `config.json` holds, with the defaults of its family. */
export type ConfigFile = v.InferOutput<typeof FILE>;

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
  const family = FAMILIES[String((json as Record<string, unknown>).model_type ?? "llama")];
  const result = v.safeParse(FILE, { ...family?.defaults, ...withoutUndefined(json) });
  if (!result.success) {
    const issue = result.issues[0];
    throw new RangeError(
      `Cannot read model config: ${v.getDotPath(issue) ?? "the file"} is ${issue.received}, want ${
        issue.expected ?? issue.type
      }`,
    );
  }
  const file = result.output;
  checkFamily(file, family);
  const eos = file.eos_token_id ?? [];
  const reads = (key: "attention_bias" | "mlp_bias") => !family.unreadBiases?.includes(key);
  const rope = readRope(file, family);
  const traits = family.traits?.(file) ?? {};
  const config: LlamaConfig = {
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    keyValueHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim: file.head_dim ?? file.hidden_size / file.num_attention_heads,
    rmsNormEpsilon: file.rms_norm_eps,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    positionsMax: rope.scaling.kind === "longrope"
      ? Math.min(rope.scaling.originalPositions, file.max_position_embeddings)
      : file.max_position_embeddings,
    tiedEmbeddings: file.tie_word_embeddings,
    biases: [
      ...(reads("attention_bias") && file.attention_bias ? ATTENTION : family.biases ?? []),
      ...(reads("mlp_bias") && file.mlp_bias ? GATED_UNIT : []),
    ],
    ...(family.fused ? { fused: true } : {}),
    ...traitsIfAny(traits, rope, file),
    bosTokenId: file.bos_token_id ?? undefined,
    eosTokenIds: typeof eos === "number" ? [eos] : eos,
  };
  checkHeads(config);
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
  if (config.traits || config.fused) {
    throw new RangeError(
      "Cannot train model: its family is scored only; want llama, qwen2, or mistral without a window",
    );
  }
  const rope = formatRopeScaling(config.ropeScaling);
  const attentionBias = config.biases.includes(ATTENTION[3]);
  const modelType = config.biases.includes(ATTENTION[0]) && !attentionBias ? "qwen2" : "llama";
  return {
    architectures: [FAMILIES[modelType].className],
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

/** An explicit null of JSON stays: it may mean something else than a key that is missing. */
function withoutUndefined(json: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

function checkFamily(file: ConfigFile, { activation, className }: Family): void {
  const [found] = file.architectures ?? [];
  const classes = Object.values(FAMILIES).map((family) => family.className);
  if (found !== undefined && !classes.includes(found)) {
    throw new RangeError(
      `Cannot read model config: architectures is "${found}", want "${className}" for model_type ${file.model_type}`,
    );
  }
  const wanted = activation === undefined ? ["silu"] : ["gelu_pytorch_tanh", "gelu"];
  const named = /^gemma[23]/.test(file.model_type) ? file.hidden_activation : file.hidden_act;
  if (named === undefined || named === null || wanted.includes(named)) return;
  throw new RangeError(
    `Cannot read model config: hidden_act is "${named}", want "${
      wanted[0]
    }" for model_type ${file.model_type}`,
  );
}

/** Traits of a family with what follows from the rotations; nothing where there are none. */
function traitsIfAny(
  traits: DecoderTraits,
  { part, windowTheta }: Rope,
  file: ConfigFile,
): { traits?: DecoderTraits } {
  const headDim = file.head_dim ?? file.hidden_size / file.num_attention_heads;
  const windows = traits.windows?.map((window) =>
    window !== undefined && window < file.max_position_embeddings ? window : undefined
  );
  const { windows: _, ...others } = traits;
  const all: DecoderTraits = {
    ...others,
    ...(windows?.some((window) => window !== undefined) ? { windows } : {}),
    ...(part < 1 ? { rotaryDim: Math.trunc(headDim * part) } : {}),
    ...(windowTheta !== undefined ? { windowRopeTheta: windowTheta } : {}),
  };
  return Object.keys(all).length > 0 ? { traits: all } : {};
}

function checkHeads({ hiddenSize, heads, keyValueHeads, headDim, traits }: LlamaConfig): void {
  if (heads % keyValueHeads !== 0) {
    throw new RangeError(
      `Cannot read model config: num_attention_heads is ${heads}, want a multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  const rotated = traits?.rotaryDim ?? headDim;
  if (!Number.isInteger(headDim) || rotated % 2 !== 0 || rotated < 2) {
    throw new RangeError(
      `Cannot read model config: head_dim is ${headDim} (hidden_size ${hiddenSize}, num_attention_heads ${heads}), want an even integer`,
    );
  }
}
