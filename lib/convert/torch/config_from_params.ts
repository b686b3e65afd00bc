import { InputError } from "../../input/input_error.ts";
import { EMBEDDING } from "../../llama/model/parameters.ts";

/** Positions of models whose files do not say how many they were trained with. */
const POSITIONS = 2048;

/**
 * The `config.json` of a model from Meta's `params.json`; what that leaves open is taken from shapes of tensors.
 *
 * @param dims Shapes by Hugging Face's names.
 * @param tied Whether the head is the embedding table.
 * @throws InputError naming what is missing.
 */
export function configFromParams(
  params: Readonly<Record<string, unknown>>,
  dims: ReadonlyMap<string, readonly number[]>,
  tied: boolean,
): Record<string, unknown> {
  const number = (key: string): number | undefined => {
    const value = params[key];
    return typeof value === "number" && value > 0 ? value : undefined;
  };
  const need = (key: string): number => {
    const value = number(key);
    if (value === undefined) throw new InputError(`Cannot read params.json: ${key} is missing`);
    return value;
  };
  const shape = (name: string): readonly number[] => {
    const found = dims.get(name);
    if (!found) throw new InputError(`Cannot read model: tensor "${name}" is missing`);
    return found;
  };
  const [vocabulary, hidden] = shape(EMBEDDING);
  const heads = need("n_heads");
  if (params.use_scaled_rope) {
    throw new InputError(
      "Cannot read params.json: use_scaled_rope scales rotations by numbers that it does not hold; put a config.json beside the weights",
    );
  }
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: shape("model.layers.0.mlp.gate_proj.weight")[0],
    num_hidden_layers: need("n_layers"),
    num_attention_heads: heads,
    num_key_value_heads: number("n_kv_heads") ?? heads,
    head_dim: hidden / heads,
    max_position_embeddings: number("max_seq_len") ?? POSITIONS,
    rms_norm_eps: number("norm_eps") ?? 1e-5,
    rope_theta: number("rope_theta") ?? 10000,
    tie_word_embeddings: tied,
    torch_dtype: "float32",
  };
}
