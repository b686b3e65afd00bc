import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { parseJsonObject } from "../../file/parse_json_object.ts";
import { InputError } from "../../input/input_error.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import { HEAD, llamaParameters } from "../../llama/model/parameters.ts";
import { parseLlamaConfig } from "../../llama/model/parse_llama_config.ts";
import { sameDims } from "../../tensor/dims.ts";
import { withType } from "../config_keys.ts";
import { FileReader } from "../file_reader.ts";
import { type FloatType, isFloatType } from "../floats/float_type.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";
import { type Architecture, architectureNamed } from "./architectures.ts";
import { BLOCK_TYPES, type BlockType } from "./block_types.ts";
import {
  type GgufHeader,
  type GgufTensor,
  HeaderCutError,
  parseGgufHeader,
} from "./gguf_header.ts";
import { CONFIG_KEY, ggufName, ROPE_FACTORS } from "./gguf_names.ts";

/** Bytes of a file that are read for its header at first, and at most. */
const HEADER_BYTES_MIN = 1 << 20;
const HEADER_BYTES_MAX = 1 << 30;

/** Reads the header of a GGUF file, however long it is. */
export async function readGgufHeader(files: FileReader, path: string): Promise<GgufHeader> {
  const fileBytes = await files.size(path);
  for (let bytes = HEADER_BYTES_MIN;; bytes *= 4) {
    const end = Math.min(bytes, fileBytes);
    try {
      return parseGgufHeader(await files.read(path, 0, end), fileBytes);
    } catch (cause) {
      if (cause instanceof HeaderCutError && end < fileBytes && bytes < HEADER_BYTES_MAX) continue;
      if (!(cause instanceof CorruptFileError || cause instanceof HeaderCutError)) throw cause;
      throw new CorruptFileError(`${cause.message} (${path})`, { cause });
    }
  }
}

/**
 * Opens a GGUF file to be converted. Quantised tensors are read as float32.
 *
 * @throws CorruptFileError naming tensor and byte, InputError for another architecture.
 */
export async function openGguf(path: string): Promise<Release> {
  const files = new FileReader();
  try {
    const header = await readGgufHeader(files, path);
    const architecture = architectureNamed(header.metadata.get("general.architecture"));
    const configJson = withType(configOf(header, architecture), typeOf(header));
    const config = parseLlamaConfig(configJson);
    const used = new Set<string>([ROPE_FACTORS]);
    const parameters = llamaParameters(config).map(({ dims, name }) => {
      const stored = ggufName(name)!;
      const tensor = header.tensors.get(stored);
      if (!tensor) {
        throw new CorruptFileError(`Cannot read ${path}: tensor "${stored}" is missing`);
      }
      if (!sameDims(tensor.dims, dims)) {
        throw new CorruptFileError(
          `Cannot read ${path}: tensor "${stored}" has shape [${tensor.dims}], want [${dims}]`,
        );
      }
      used.add(stored);
      return rotaryOf(sourceOf(files, path, name, tensor), architecture, config);
    });
    return {
      format: "GGUF file",
      config,
      configJson,
      parameters,
      stored: parameters,
      texts: textsOf(header, config),
      notes: notesOf(header, used),
      close: () => files.close(),
    };
  } catch (cause) {
    await files.close();
    throw cause;
  }
}

function rotaryOf(source: SourceTensor, { interleaved }: Architecture, config: LlamaConfig) {
  const module = /\.(q_proj|k_proj)\./.exec(source.name)?.[1];
  if (!interleaved || module === undefined) return source;
  return permuteRotaryRows(
    source,
    module === "q_proj" ? config.heads : config.keyValueHeads,
    "halves",
  );
}

function sourceOf(
  files: FileReader,
  path: string,
  name: string,
  { dims, start, type }: GgufTensor,
): SourceTensor {
  const { bytes, dequantise, elements }: BlockType = BLOCK_TYPES[type];
  if (!dequantise) {
    return {
      name,
      dims,
      type,
      read: (from, to) => files.read(path, start + from * bytes, start + to * bytes),
    };
  }
  return {
    name,
    dims,
    type: "F32",
    read: async (from, to) => {
      const [first, last] = [Math.floor(from / elements), Math.ceil(to / elements)];
      const blocks = await files.read(path, start + first * bytes, start + last * bytes);
      const values = new Float32Array((last - first) * elements);
      dequantise(blocks, values);
      const offset = first * elements;
      return new Uint8Array(values.slice(from - offset, to - offset).buffer);
    },
  };
}

/** Float type that most of the model is read as. */
function typeOf({ tensors }: GgufHeader): FloatType {
  const type = tensors.get("token_embd.weight")?.type ?? "F32";
  return isFloatType(type) ? type : "F32";
}

/** The `config.json` that the file was made from, or one that says what the metadata says. */
function configOf(header: GgufHeader, architecture: Architecture): Record<string, unknown> {
  const { metadata, tensors } = header;
  const { modelType, name } = architecture;
  const kept = metadata.get(CONFIG_KEY);
  // A head that is there counts, whatever the configuration says, as in Hugging Face directories.
  const tied = !tensors.has(ggufName(HEAD)!);
  if (typeof kept === "string") {
    return { ...parseJsonObject(CONFIG_KEY, kept), tie_word_embeddings: tied };
  }
  const number = (suffix: string): number | undefined => {
    const value = metadata.get(suffix.includes("ggml") ? suffix : `${name}.${suffix}`);
    return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
  };
  const need = (suffix: string): number => {
    const value = number(suffix);
    if (value === undefined) throw new InputError(`Cannot read GGUF: ${name}.${suffix} is missing`);
    return value;
  };
  const embedding = tensors.get("token_embd.weight");
  const heads = need("attention.head_count");
  const hidden = need("embedding_length");
  const hasBias = tensors.has("blk.0.attn_q.bias");
  return {
    architectures: [CLASSES[modelType]],
    model_type: modelType,
    hidden_act: "silu",
    vocab_size: embedding?.dims[0] ?? number("vocab_size"),
    hidden_size: hidden,
    intermediate_size: need("feed_forward_length"),
    num_hidden_layers: need("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: number("attention.head_count_kv") ?? heads,
    head_dim: number("attention.key_length") ?? hidden / heads,
    max_position_embeddings: need("context_length"),
    rms_norm_eps: asWritten(need("attention.layer_norm_rms_epsilon")),
    rope_theta: number("rope.freq_base") ?? 10000,
    ...ropeOf(metadata, tensors, name, number),
    tie_word_embeddings: tied,
    attention_bias: modelType === "llama" && hasBias,
    bos_token_id: number("tokenizer.ggml.bos_token_id") ?? null,
    eos_token_id: number("tokenizer.ggml.eos_token_id") ?? null,
  };
}

const CLASSES: Readonly<Record<string, string>> = {
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
};

/** The shortest decimal that is this float32: 1e-5 comes back as 1e-5. */
function asWritten(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

function ropeOf(
  metadata: GgufHeader["metadata"],
  tensors: GgufHeader["tensors"],
  name: string,
  number: (suffix: string) => number | undefined,
): Record<string, unknown> {
  if (tensors.has(ROPE_FACTORS)) {
    throw new InputError(
      `Cannot read GGUF: rope frequencies are scaled by the tensor ${ROPE_FACTORS}, whose settings the file does not hold`,
    );
  }
  const type = metadata.get(`${name}.rope.scaling.type`) ?? "none";
  if (type === "none") return {};
  const factor = number("rope.scaling.factor");
  if (type === "linear") return { rope_scaling: { rope_type: "linear", factor } };
  if (type === "yarn") {
    return {
      rope_scaling: {
        rope_type: "yarn",
        factor,
        original_max_position_embeddings: number("rope.scaling.original_context_length"),
        beta_fast: number("rope.scaling.yarn_beta_fast") ?? 32,
        beta_slow: number("rope.scaling.yarn_beta_slow") ?? 1,
      },
    };
  }
  throw new InputError(
    `Cannot read GGUF: rope scaling is ${
      JSON.stringify(String(type).slice(0, 40))
    }, want none, linear or yarn`,
  );
}

function textsOf({ metadata }: GgufHeader, { eosTokenIds }: LlamaConfig): Map<string, string> {
  const texts = new Map<string, string>();
  const json = metadata.get("tokenizer.huggingface.json");
  if (typeof json === "string") texts.set("tokenizer.json", json);
  const template = metadata.get("tokenizer.chat_template");
  if (typeof template === "string") texts.set("chat_template.jinja", template);
  if (eosTokenIds.length > 0) {
    texts.set(
      "generation_config.json",
      JSON.stringify({ eos_token_id: eosTokenIds }, null, 2) + "\n",
    );
  }
  return texts;
}

function notesOf({ metadata, tensors }: GgufHeader, used: ReadonlySet<string>): string[] {
  const unused = [...tensors.keys()].filter((name) => !used.has(name));
  const quantised = new Set(
    [...tensors.values()].map(({ type }) => type).filter((type) => {
      const block: BlockType = BLOCK_TYPES[type];
      return block.dequantise !== undefined;
    }),
  );
  return [
    ...(unused.length > 0
      ? [`${unused.length} tensors have no place here, ${unused[0]} first`]
      : []),
    ...(quantised.size > 0 ? [`${[...quantised].join(", ")} is read as F32`] : []),
    ...(metadata.has("tokenizer.ggml.model") && !metadata.has("tokenizer.huggingface.json")
      ? ["the file has no tokenizer.huggingface.json: the tokenizer is left out"]
      : []),
  ];
}
