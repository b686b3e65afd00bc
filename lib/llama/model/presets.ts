import type { LlamaConfig } from "./llama_config.ts";
import { parseLlamaConfig } from "./parse_llama_config.ts";

const shape = (
  [hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads]: number[],
  intermediate_size: number,
  rest: Record<string, unknown>,
) =>
  parseLlamaConfig({
    hidden_size,
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads,
    intermediate_size,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 2048,
    ...rest,
  });

/**
 * Model configs by name. `vocabSize` is that of the tokenizer they were published with; `covey train`
 * replaces it with that of its own tokenizer.
 */
export const PRESETS: Readonly<Record<string, LlamaConfig>> = {
  /** About 1M parameters over bytes: trains on a laptop in a minute. */
  tiny: shape([128, 4, 4, 2], 384, { vocab_size: 320, tie_word_embeddings: true }),
  /** About 10M parameters over bytes. */
  small: shape([320, 8, 8, 4], 960, { vocab_size: 320, tie_word_embeddings: true }),
  "150m": shape([1024, 12, 16, 16], 2816, { vocab_size: 32000, rms_norm_eps: 1e-6 }),
  "1b": shape([2048, 16, 8, 8], 8192, { vocab_size: 32000, rms_norm_eps: 1e-6 }),
  "8b": shape([4096, 32, 32, 8], 14336, { vocab_size: 128256, rope_theta: 500000 }),
  "covenant-72b": shape([8192, 80, 64, 8], 28672, {
    vocab_size: 262144,
    rope_theta: 500000,
    bos_token_id: 2,
    eos_token_id: 1,
  }),
};
