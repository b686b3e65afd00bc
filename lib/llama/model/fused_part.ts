import type { LlamaConfig } from "./llama_config.ts";

/** Rows of a tensor shared by several parameters. */
export interface FusedPart {
  /** Name of the shared tensor. */
  readonly name: string;
  /** Shape of the shared tensor. */
  readonly dims: readonly number[];
  /** First row of the part. */
  readonly from: number;
}

/**
 * Locates a parameter in the files of a family with fused projections: `qkv_proj` has the rows of queries,
 * keys and values, `gate_up_proj` those of gate and up.
 *
 * @returns undefined for a parameter with a separate tensor.
 */
export function fusedPart(
  { headDim, heads, intermediateSize, keyValueHeads }: LlamaConfig,
  name: string,
  dims: readonly number[],
): FusedPart | undefined {
  const [queries, keys] = [heads * headDim, keyValueHeads * headDim];
  const parts: Readonly<Record<string, [whole: string, rows: number, from: number]>> = {
    "self_attn.q_proj": ["self_attn.qkv_proj", queries + 2 * keys, 0],
    "self_attn.k_proj": ["self_attn.qkv_proj", queries + 2 * keys, queries],
    "self_attn.v_proj": ["self_attn.qkv_proj", queries + 2 * keys, queries + keys],
    "mlp.gate_proj": ["mlp.gate_up_proj", 2 * intermediateSize, 0],
    "mlp.up_proj": ["mlp.gate_up_proj", 2 * intermediateSize, intermediateSize],
  };
  const module = Object.keys(parts).find((each) => name.endsWith(`.${each}.weight`));
  if (module === undefined) return undefined;
  const [whole, rows, from] = parts[module];
  return { name: name.replace(module, whole), dims: [rows, ...dims.slice(1)], from };
}
