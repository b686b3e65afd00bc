import { InputError } from "../../input/input_error.ts";
import type { ConfigFile } from "./config_file.ts";
import type { DecoderTraits } from "./decoder_traits.ts";

/** A model family, identified by the `model_type` of its `config.json`. */
export interface Family {
  /** Class that implements it in transformers. */
  readonly className: string;
  /** Defaults of keys that a file omits, as in the transformers class. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Base of rotations for files without one; 10000 if omitted. */
  readonly ropeTheta?: number;
  /** Base of rotations in sliding-window layers, for families with a separate one. */
  readonly windowRopeTheta?: number;
  /** Projections that have a bias by default. */
  readonly biases?: readonly string[];
  /** Bias keys that the family ignores. */
  readonly unreadBiases?: readonly ("attention_bias" | "mlp_bias")[];
  /** Activation of the gate; SiLU if omitted. */
  readonly activation?: DecoderTraits["activation"];
  /** Whether rotations may cover only a part of each head. */
  readonly partialRotation?: boolean;
  /** Whether projections are fused into `qkv_proj` and `gate_up_proj`. */
  readonly fused?: boolean;
  /** Returns the differences of its decoder from LLaMA's. */
  readonly traits?: (file: ConfigFile) => DecoderTraits;
}

/** Names of the attention projections in checkpoints. */
export const ATTENTION: readonly string[] = ["q_proj", "k_proj", "v_proj", "o_proj"]
  .map((name) => `self_attn.${name}`);
/** Names of the gated unit projections in checkpoints. */
export const GATED_UNIT: readonly string[] = ["gate_proj", "up_proj", "down_proj"]
  .map((name) => `mlp.${name}`);

const NO_BIASES = ["attention_bias", "mlp_bias"] as const;
const NO_UNIT_BIAS = ["mlp_bias"] as const;

const QWEN = {
  vocab_size: 151936,
  intermediate_size: 22016,
  num_key_value_heads: 32,
  max_position_embeddings: 32768,
  sliding_window: 4096,
  use_sliding_window: false,
  max_window_layers: 28,
};
const OLMO = { vocab_size: 50304, rms_norm_eps: 1e-5 };
const OLMO_TRAITS: DecoderTraits = { norms: "after", queryKeyNorm: "whole" };
const GEMMA = {
  vocab_size: 256000,
  head_dim: 256,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
};
const GEMMA2 = {
  ...GEMMA,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
};

/**
 * Families supported for scoring, and their differences from LLaMA. A new one takes a row here and a fixture
 * made by transformers.
 */
export const FAMILIES: Readonly<Record<string, Family>> = {
  llama: { className: "LlamaForCausalLM", defaults: {} },
  mistral: {
    className: "MistralForCausalLM",
    defaults: {
      intermediate_size: 14336,
      num_key_value_heads: 8,
      max_position_embeddings: 131072,
      sliding_window: 4096,
    },
    unreadBiases: NO_BIASES,
    traits: (file) => ({ windows: layersOf(file, () => true) }),
  },
  qwen2: {
    className: "Qwen2ForCausalLM",
    defaults: QWEN,
    biases: ATTENTION.slice(0, 3),
    unreadBiases: NO_BIASES,
    traits: (file) => ({ windows: qwenWindows(file) }),
  },
  qwen3: {
    className: "Qwen3ForCausalLM",
    defaults: { ...QWEN, head_dim: 128 },
    unreadBiases: NO_UNIT_BIAS,
    traits: (file) => ({ queryKeyNorm: "head", windows: qwenWindows(file) }),
  },
  smollm3: {
    className: "SmolLM3ForCausalLM",
    defaults: {
      vocab_size: 128256,
      hidden_size: 2048,
      num_hidden_layers: 36,
      num_attention_heads: 16,
      num_key_value_heads: 4,
      max_position_embeddings: 32768,
      tie_word_embeddings: true,
    },
    ropeTheta: 2_000_000,
    traits: smolTraits,
  },
  olmo2: {
    className: "Olmo2ForCausalLM",
    defaults: OLMO,
    unreadBiases: NO_UNIT_BIAS,
    traits: () => OLMO_TRAITS,
  },
  olmo3: {
    className: "Olmo3ForCausalLM",
    defaults: { ...OLMO, sliding_window: 4096 },
    unreadBiases: NO_UNIT_BIAS,
    ropeTheta: 500_000,
    windowRopeTheta: 500_000,
    traits: (file) => ({
      ...OLMO_TRAITS,
      windows: layersOf(file, (layer) => (layer + 1) % 4 !== 0),
    }),
  },
  granite: {
    className: "GraniteForCausalLM",
    defaults: {},
    traits: (file) => ({
      embeddingScale: file.embedding_multiplier ?? 1,
      attentionScale: file.attention_multiplier ?? 1,
      residualScale: file.residual_multiplier ?? 1,
      logitScale: 1 / (file.logits_scaling ?? 1),
    }),
  },
  phi3: {
    className: "Phi3ForCausalLM",
    defaults: {
      vocab_size: 32064,
      hidden_size: 3072,
      intermediate_size: 8192,
      max_position_embeddings: 4096,
      original_max_position_embeddings: 4096,
      rms_norm_eps: 1e-5,
    },
    unreadBiases: NO_BIASES,
    partialRotation: true,
    fused: true,
    traits: (file) => ({ windows: layersOf(file, () => true) }),
  },
  gemma: {
    className: "GemmaForCausalLM",
    defaults: {
      ...GEMMA,
      hidden_size: 3072,
      intermediate_size: 24576,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 16,
    },
    unreadBiases: NO_UNIT_BIAS,
    activation: "gelu-tanh",
    traits: gemmaTraits,
  },
  gemma2: {
    className: "Gemma2ForCausalLM",
    defaults: { ...GEMMA2, attn_logit_softcapping: 50, final_logit_softcapping: 30 },
    unreadBiases: NO_UNIT_BIAS,
    activation: "gelu-tanh",
    traits: (file) => ({
      ...gemmaTraits(file),
      ...scaledByQuery(file),
      norms: "both",
      ...capsOf(file),
      windows: layersOf(file, (layer) => layer % 2 === 0),
    }),
  },
  gemma3_text: {
    className: "Gemma3ForCausalLM",
    defaults: { ...GEMMA2, vocab_size: 262208, max_position_embeddings: 131072 },
    ropeTheta: 1_000_000,
    windowRopeTheta: 10000,
    unreadBiases: NO_UNIT_BIAS,
    activation: "gelu-tanh",
    traits: (file) => ({
      ...gemmaTraits(file),
      ...scaledByQuery(file),
      norms: "both",
      queryKeyNorm: "head",
      ...capsOf({ ...file, attn_logit_softcapping: undefined }),
      windows: layersOf(file, (layer) => (layer + 1) % (file.sliding_window_pattern ?? 6) !== 0),
    }),
  },
};

/** Returns the window of each layer; the file, or else the family, selects the sliding layers. */
function layersOf(
  { layer_types: types, model_type: model, num_hidden_layers: layers, sliding_window: window }:
    ConfigFile,
  slides: (layer: number) => boolean,
): (number | undefined)[] {
  const named = types && model !== "phi3" ? types : undefined;
  if (named && named.length !== layers) {
    throw new InputError(
      `Cannot read model config: layer_types has ${named.length} entries, want ${layers}`,
    );
  }
  return Array.from({ length: layers }, (_, layer) => {
    const here = named ? named[layer] === "sliding_attention" : slides(layer);
    return here ? window ?? undefined : undefined;
  });
}

function qwenWindows(file: ConfigFile): (number | undefined)[] {
  if (file.use_sliding_window !== true) return [];
  return layersOf(file, (layer) => layer >= (file.max_window_layers ?? 28));
}

function smolTraits(file: ConfigFile): DecoderTraits {
  const interval = file.no_rope_layer_interval ?? 4;
  const given = file.no_rope_layers?.length;
  if (given !== undefined && given < file.num_hidden_layers) {
    throw new InputError(
      `Cannot read model config: no_rope_layers has ${given} entries, want ${file.num_hidden_layers}`,
    );
  }
  const unrotated = Array.from(
    { length: file.num_hidden_layers },
    (_, layer) => file.no_rope_layers ? !file.no_rope_layers[layer] : (layer + 1) % interval === 0,
  );
  const slides = file.use_sliding_window === true;
  const windows = layersOf(file, (layer) => slides && unrotated[layer]);
  return { unrotated, windows };
}

function gemmaTraits({ hidden_size: hidden }: ConfigFile): DecoderTraits {
  return { normOffset: 1, activation: "gelu-tanh", embeddingScale: Math.sqrt(hidden) };
}

function scaledByQuery({ query_pre_attn_scalar: scalar }: ConfigFile): DecoderTraits {
  return { attentionScale: 1 / Math.sqrt(scalar ?? 256) };
}

function capsOf(
  { attn_logit_softcapping: attention, final_logit_softcapping: logits }: Pick<
    ConfigFile,
    "attn_logit_softcapping" | "final_logit_softcapping"
  >,
): DecoderTraits {
  return {
    ...(attention ? { attentionCap: attention } : {}),
    ...(logits ? { logitCap: logits } : {}),
  };
}
