import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import { EMBEDDING, FINAL_NORM, HEAD, llamaParameters } from "../../llama/model/parameters.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

/** Versions of llama2.c's files with float32 weights: 0 is what `run.c` reads, 1 has a magic number. */
export type Llama2cVersion = 0 | 1;

/** "ak42" as a little-endian word. */
export const LLAMA2C_MAGIC = 0x616b3432;
/** Bytes before the weights, by version. */
export const HEADER_BYTES: Readonly<Record<Llama2cVersion, number>> = { 0: 28, 1: 256 };

/** Name that the tables of cosines and sines have in a layout. */
export const ROPE_TABLES = ["cosines", "sines"] as const;

const NORMS = { attention: "input_layernorm", unit: "post_attention_layernorm" };
const ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}`);
const UNIT = ["gate_proj", "down_proj", "up_proj"].map((name) => `mlp.${name}`);

/** Tensors in the order of a file, under their names in Hugging Face's checkpoints. */
export function llama2cLayout(config: LlamaConfig, version: Llama2cVersion): TensorShape[] {
  const shapes = new Map(llamaParameters(config).map((shape) => [shape.name, shape]));
  const layers = (module: string) =>
    Array.from(
      { length: config.layers },
      (_, i) => shapes.get(`model.layers.${i}.${module}.weight`)!,
    );
  const head = config.tiedEmbeddings ? [] : [shapes.get(HEAD)!];
  if (version === 1) {
    return [
      ...layers(NORMS.attention),
      ...layers(NORMS.unit),
      shapes.get(FINAL_NORM)!,
      shapes.get(EMBEDDING)!,
      ...[...ATTENTION, ...UNIT].flatMap(layers),
      ...head,
    ];
  }
  const table = [config.positionsMax, config.headDim / 2];
  return [
    shapes.get(EMBEDDING)!,
    ...layers(NORMS.attention),
    ...ATTENTION.flatMap(layers),
    ...layers(NORMS.unit),
    ...UNIT.flatMap(layers),
    shapes.get(FINAL_NORM)!,
    ...ROPE_TABLES.map((name) => ({ name, dims: table })),
    ...head,
  ];
}
