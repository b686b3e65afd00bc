import { EMBEDDING, FINAL_NORM, HEAD } from "../../llama/model/parameters.ts";

/** Names of a model's tensors outside its blocks. */
const OUTSIDE: readonly [huggingFace: string, gguf: string][] = [
  [EMBEDDING, "token_embd.weight"],
  [FINAL_NORM, "output_norm.weight"],
  [HEAD, "output.weight"],
];

/** Names of modules within a block. */
const INSIDE: readonly [huggingFace: string, gguf: string][] = [
  ["input_layernorm", "attn_norm"],
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["self_attn.q_norm", "attn_q_norm"],
  ["self_attn.k_norm", "attn_k_norm"],
  ["post_attention_layernorm", "ffn_norm"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
];

/** Key under which a file keeps the `config.json` that it was made from. */
export const CONFIG_KEY = "covey.config";

/** Tensor that holds the factors of LLaMA 3's rope scaling. */
export const ROPE_FACTORS = "rope_freqs.weight";

/** Name in GGUF of a parameter; undefined where it has none. */
export function ggufName(huggingFace: string): string | undefined {
  const outside = OUTSIDE.find(([name]) => name === huggingFace);
  if (outside) return outside[1];
  const match = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(huggingFace);
  const inside = match && INSIDE.find(([name]) => name === match[2]);
  return inside ? `blk.${match[1]}.${inside[1]}.${match[3]}` : undefined;
}
