import { InputError } from "../../input/input_error.ts";
import { ATTENTION, FAMILIES, GATED_UNIT } from "./families.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { formatRopeScaling } from "./rope_scaling.ts";

/** Formats a config as `config.json`, with keys that both transformers 4 and 5 read. */
export function formatLlamaConfig(config: LlamaConfig): Record<string, unknown> {
  if (config.traits || config.fused) {
    throw new InputError(
      "Cannot train model: its family supports scoring only; want llama, qwen2, or mistral without a window",
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
