import type { DecoderTraits } from "./decoder_traits.ts";
import type { RopeScaling } from "./rope_scaling.ts";

/** Shape of a LLaMA model; the comment on each field is its key in Hugging Face's `config.json`. */
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
  /** Whether checkpoints fuse the query, key and value projections, and those of gate and up. */
  fused?: boolean;
  /** Differences of the family's decoder from LLaMA's; undefined for none. */
  traits?: DecoderTraits;
  /** `bos_token_id`; undefined where the model has none */
  bosTokenId: number | undefined;
  /** `eos_token_id`, always as a list */
  eosTokenIds: number[];
}
