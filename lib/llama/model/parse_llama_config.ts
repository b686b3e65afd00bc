import { InputError } from "../../input/input_error.ts";
import * as v from "valibot";
import { CONFIG_FILE, type ConfigFile } from "./config_file.ts";
import type { DecoderTraits } from "./decoder_traits.ts";
import { ATTENTION, FAMILIES, type Family, GATED_UNIT } from "./families.ts";
import type { LlamaConfig } from "./llama_config.ts";
import { readRope, type Rope } from "./read_rope.ts";
import { describeIssue } from "../../input/describe_issue.ts";

/**
 * Parses a `config.json`, ignoring keys that do not affect the computation.
 *
 * @throws InputError when a key has an invalid value, naming key, value and wanted value.
 *
 * @example
 * ```ts
 * import { parseLlamaConfig } from "./parse_llama_config.ts";
 * import { parameterCount } from "./parameters.ts";
 * import assert from "node:assert/strict";
 *
 * const config = parseLlamaConfig({ hidden_size: 64, num_attention_heads: 4, num_hidden_layers: 2 });
 * assert.equal(config.headDim, 16);
 * assert.equal(parameterCount(config), 8_356_160);
 * ```
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new InputError("Cannot read model config: it is not a JSON object");
  }
  const named = String((json as Record<string, unknown>).model_type ?? "llama");
  if (!Object.hasOwn(FAMILIES, named)) {
    const wanted = Object.keys(FAMILIES).map((name) => `"${name}"`).join(" | ");
    throw new InputError(`Cannot read model config: model_type is "${named}", want ${wanted}`);
  }
  const family = FAMILIES[named];
  const result = v.safeParse(CONFIG_FILE, { ...family.defaults, ...withoutUndefined(json) });
  if (!result.success) {
    throw new InputError(`Cannot read model config: ${describeIssue(result.issues)}`);
  }
  const file = result.output;
  checkFamily(file, family);
  const eos = file.eos_token_id ?? [];
  const reads = (key: "attention_bias" | "mlp_bias") => !family.unreadBiases?.includes(key);
  const rope = readRope(file, family);
  const traits = family.traits?.(file) ?? {};
  const config: LlamaConfig = {
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    layers: file.num_hidden_layers,
    heads: file.num_attention_heads,
    keyValueHeads: file.num_key_value_heads ?? file.num_attention_heads,
    headDim: file.head_dim ?? file.hidden_size / file.num_attention_heads,
    rmsNormEpsilon: file.rms_norm_eps,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    positionsMax: rope.scaling.kind === "longrope"
      ? Math.min(rope.scaling.originalPositions, file.max_position_embeddings)
      : file.max_position_embeddings,
    tiedEmbeddings: file.tie_word_embeddings,
    biases: [
      ...(reads("attention_bias") && file.attention_bias ? ATTENTION : family.biases ?? []),
      ...(reads("mlp_bias") && file.mlp_bias ? GATED_UNIT : []),
    ],
    ...(family.fused ? { fused: true } : {}),
    ...traitsIfAny(traits, rope, file),
    bosTokenId: file.bos_token_id ?? undefined,
    eosTokenIds: typeof eos === "number" ? [eos] : eos,
  };
  checkHeads(config);
  const outside = [...config.eosTokenIds, config.bosTokenId ?? 0].find((id) =>
    id >= config.vocabSize
  );
  if (outside !== undefined) {
    throw new InputError(
      `Cannot read model config: a special token has id ${outside}, want less than vocab_size ${config.vocabSize}`,
    );
  }
  return config;
}

/** Drops undefined values; an explicit null stays, since it may differ from a missing key. */
function withoutUndefined(json: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

function checkFamily(file: ConfigFile, { activation, className }: Family): void {
  const [found] = file.architectures ?? [];
  const classes = Object.values(FAMILIES).map((family) => family.className);
  if (found !== undefined && !classes.includes(found)) {
    throw new InputError(
      `Cannot read model config: architectures is "${found}", want "${className}" for model_type ${file.model_type}`,
    );
  }
  const wanted = activation === undefined ? ["silu"] : ["gelu_pytorch_tanh", "gelu"];
  const named = /^gemma[23]/.test(file.model_type) ? file.hidden_activation : file.hidden_act;
  if (named === undefined || named === null || wanted.includes(named)) return;
  throw new InputError(
    `Cannot read model config: hidden_act is "${named}", want "${
      wanted[0]
    }" for model_type ${file.model_type}`,
  );
}

/** Returns family traits plus those that follow from the rotations; nothing if there are none. */
function traitsIfAny(
  traits: DecoderTraits,
  { part, windowTheta }: Rope,
  file: ConfigFile,
): { traits?: DecoderTraits } {
  const headDim = file.head_dim ?? file.hidden_size / file.num_attention_heads;
  const windows = traits.windows?.map((window) =>
    window !== undefined && window < file.max_position_embeddings ? window : undefined
  );
  const { windows: _, ...others } = traits;
  const all: DecoderTraits = {
    ...others,
    ...(windows?.some((window) => window !== undefined) ? { windows } : {}),
    ...(part < 1 ? { rotaryDim: Math.trunc(headDim * part) } : {}),
    ...(windowTheta !== undefined ? { windowRopeTheta: windowTheta } : {}),
  };
  return Object.keys(all).length > 0 ? { traits: all } : {};
}

function checkHeads({ hiddenSize, heads, keyValueHeads, headDim, traits }: LlamaConfig): void {
  if (heads % keyValueHeads !== 0) {
    throw new InputError(
      `Cannot read model config: num_attention_heads is ${heads}, want a multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  const rotated = traits?.rotaryDim ?? headDim;
  if (!Number.isInteger(headDim) || rotated % 2 !== 0 || rotated < 2) {
    throw new InputError(
      `Cannot read model config: head_dim is ${headDim} (hidden_size ${hiddenSize}, num_attention_heads ${heads}), want an even integer`,
    );
  }
}
