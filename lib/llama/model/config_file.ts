import * as v from "valibot";
import { ROPE_SCHEMA } from "./rope_scaling.ts";

const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const tokenId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));

/** Schema of a `config.json`. */
export const CONFIG_FILE = v.object({
  model_type: v.optional(v.string(), "llama"),
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

/** Contents of a `config.json`, with the defaults of its family. */
export type ConfigFile = v.InferOutput<typeof CONFIG_FILE>;

/** Recognised keys of a `config.json`. */
export const CONFIG_KEYS: readonly string[] = Object.keys(CONFIG_FILE.entries);
