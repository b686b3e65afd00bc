import { EMBEDDING, FINAL_NORM, HEAD } from "../../llama/model/parameters.ts";

/** What training wraps models in; part of names, and of no use. */
const WRAPPERS =
  /(^|\.)(_orig_mod|_checkpoint_wrapped_module|module|app|model_state_dict|state_dict)(?=\.)/g;

const OUTSIDE: Readonly<Record<string, string>> = {
  "tok_embeddings.weight": EMBEDDING,
  "norm.weight": FINAL_NORM,
  "output.weight": HEAD,
};

const INSIDE: Readonly<Record<string, string>> = {
  "attention.wq": "self_attn.q_proj",
  "attention.wk": "self_attn.k_proj",
  "attention.wv": "self_attn.v_proj",
  "attention.wo": "self_attn.o_proj",
  "feed_forward.w1": "mlp.gate_proj",
  "feed_forward.w2": "mlp.down_proj",
  "feed_forward.w3": "mlp.up_proj",
  "attention_norm": "input_layernorm",
  "ffn_norm": "post_attention_layernorm",
};

/** Name of a tensor without what training has wrapped it in. */
export function unwrappedName(name: string): string {
  return name.replace(WRAPPERS, "").replace(/^\./, "").replace(
    /^model\.(?=tok_embeddings|layers\.\d+\.(attention|feed_forward|ffn_norm)|norm\.weight$|output\.)/,
    "",
  );
}

/**
 * Name in Hugging Face's checkpoints of a tensor that Meta's or torchtitan's call otherwise; undefined where they
 * have none of that name.
 */
export function nameFromMeta(name: string): string | undefined {
  if (Object.hasOwn(OUTSIDE, name)) return OUTSIDE[name];
  const match = /^layers\.(\d+)\.(.+)\.weight$/.exec(name);
  return match && Object.hasOwn(INSIDE, match[2])
    ? `model.layers.${match[1]}.${INSIDE[match[2]]}.weight`
    : undefined;
}

/** Name in Meta's and torchtitan's checkpoints; undefined where they have none. */
export function nameForMeta(name: string): string | undefined {
  const outside = Object.entries(OUTSIDE).find(([, huggingFace]) => huggingFace === name);
  if (outside) return outside[0];
  const match = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name);
  const inside = match &&
    Object.entries(INSIDE).find(([, huggingFace]) => huggingFace === match[2]);
  return inside ? `layers.${match[1]}.${inside[0]}.weight` : undefined;
}
