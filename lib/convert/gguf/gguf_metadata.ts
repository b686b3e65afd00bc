import { InputError } from "../../input/input_error.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import type { Architecture } from "./architectures.ts";
import type { MetadataEntry } from "./encode_gguf_header.ts";

/** Metadata of a model's shape. */
export function ggufMetadata(
  { name: architecture }: Architecture,
  config: LlamaConfig,
  name: string,
  fileType: number,
): MetadataEntry[] {
  const key = (suffix: string) => `${architecture}.${suffix}`;
  const u32 = (suffix: string, value: number): MetadataEntry => ({
    key: key(suffix),
    kind: "u32",
    value,
  });
  const f32 = (suffix: string, value: number): MetadataEntry => ({
    key: key(suffix),
    kind: "f32",
    value,
  });
  return [
    { key: "general.architecture", kind: "string", value: architecture },
    { key: "general.type", kind: "string", value: "model" },
    { key: "general.name", kind: "string", value: name },
    u32("block_count", config.layers),
    u32("context_length", config.positionsMax),
    u32("embedding_length", config.hiddenSize),
    u32("feed_forward_length", config.intermediateSize),
    u32("attention.head_count", config.heads),
    u32("attention.head_count_kv", config.keyValueHeads),
    u32("attention.key_length", config.headDim),
    u32("attention.value_length", config.headDim),
    f32("attention.layer_norm_rms_epsilon", config.rmsNormEpsilon),
    u32("rope.dimension_count", config.headDim),
    f32("rope.freq_base", config.ropeTheta),
    u32("vocab_size", config.vocabSize),
    ...ropeScaling(config, f32, u32, key),
    { key: "general.file_type", kind: "u32", value: fileType },
    { key: "general.quantization_version", kind: "u32", value: 2 },
  ];
}

function ropeScaling(
  { ropeScaling }: LlamaConfig,
  f32: (suffix: string, value: number) => MetadataEntry,
  u32: (suffix: string, value: number) => MetadataEntry,
  key: (suffix: string) => string,
): MetadataEntry[] {
  const type = (value: string): MetadataEntry => ({
    key: key("rope.scaling.type"),
    kind: "string",
    value,
  });
  switch (ropeScaling.kind) {
    case "default":
    case "llama3": // a tensor of factors
      return [];
    case "linear":
      return [type("linear"), f32("rope.scaling.factor", ropeScaling.factor)];
    case "yarn":
      if (ropeScaling.attentionFactor !== undefined || !ropeScaling.truncate) {
        throw new InputError(
          "Cannot write GGUF: yarn has an attention_factor, mscale or truncate of its own, which the file cannot hold",
        );
      }
      return [
        type("yarn"),
        f32("rope.scaling.factor", ropeScaling.factor),
        u32("rope.scaling.original_context_length", ropeScaling.originalPositions),
        f32("rope.scaling.yarn_beta_fast", ropeScaling.betaFast),
        f32("rope.scaling.yarn_beta_slow", ropeScaling.betaSlow),
      ];
    default:
      throw new InputError(
        `Cannot write GGUF: rope type is ${ropeScaling.kind}, want default, linear, llama3 or yarn`,
      );
  }
}
