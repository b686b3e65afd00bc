import { InputError } from "../../input/input_error.ts";
import { replaceFile } from "../../file/replace_file.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import { EMBEDDING, HEAD } from "../../llama/model/parameters.ts";
import { ropeFrequencies } from "../../llama/model/rope.ts";
import { convertChunks } from "../convert_chunks.ts";
import type { FloatType } from "../floats/float_type.ts";
import type { LossReport } from "../floats/loss_report.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";
import type { WriteHooks } from "../write_hooks.ts";
import { type Architecture, architectureOf } from "./architectures.ts";
import { noLoss } from "./block_loss.ts";
import { BLOCK_TYPES, type BlockType, type BlockTypeName } from "./block_types.ts";
import {
  alignedBytes,
  encodeGgufHeader,
  type ListedTensor,
  type MetadataEntry,
  tensorBytes,
} from "./encode_gguf_header.ts";
import { ggufMetadata } from "./gguf_metadata.ts";
import { CONFIG_KEY, ggufName, ROPE_FACTORS } from "./gguf_names.ts";

/** Types of whole files, with their numbers in `general.file_type`. */
export const FILE_TYPES = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q8_0: 7,
  Q4_K_M: 15,
  Q6_K: 18,
  BF16: 32,
} as const;

/** Type of a whole file: that of its large tensors. */
export type FileType = keyof typeof FILE_TYPES;

/** How a GGUF file is written. */
export interface GgufSettings {
  /** Type of large tensors. */
  readonly type: FileType;
  /** Name of the model, for people. */
  readonly name: string;
  /** Metadata of its tokenizer. */
  readonly tokenizer: readonly MetadataEntry[];
}

/** A tensor to write: where it comes from, and how it is listed. */
interface PlannedTensor extends ListedTensor {
  readonly source: SourceTensor;
}

/**
 * Writes a model as one GGUF file.
 *
 * @throws InputError when GGUF cannot hold the model, or a value does not fit its type.
 */
export async function writeGguf(
  path: string,
  release: Release,
  { name, tokenizer, type }: GgufSettings,
  report: LossReport,
  { onBytes, signal }: WriteHooks,
): Promise<void> {
  const { config, configJson } = release;
  const architecture = architectureOf(String(configJson.model_type ?? "llama"), config);
  const metadata = [
    ...ggufMetadata(architecture, config, name, FILE_TYPES[type]),
    ...tokenizer,
    { key: CONFIG_KEY, kind: "string" as const, value: JSON.stringify(configJson) },
  ];
  const tensors = planTensors(release, architecture, type);
  const parts = async function* () {
    yield encodeGgufHeader(metadata, tensors);
    for (const tensor of tensors) {
      for await (const bytes of encodeTensor(tensor, report)) {
        signal.throwIfAborted();
        yield bytes;
        onBytes(bytes.length);
      }
      const bytes = tensorBytes(tensor);
      yield new Uint8Array(alignedBytes(bytes) - bytes);
    }
  };
  await replaceFile(path, parts());
}

function planTensors(
  { config, parameters }: Release,
  { interleaved }: Architecture,
  type: FileType,
): PlannedTensor[] {
  const heads = { q_proj: config.heads, k_proj: config.keyValueHeads };
  const planned = parameters.map((parameter): PlannedTensor => {
    const name = ggufName(parameter.name);
    if (name === undefined) {
      throw new InputError(`Cannot write GGUF: there is no name for ${parameter.name}`);
    }
    const rotary = /\.(q_proj|k_proj)\./.exec(parameter.name)?.[1] as keyof typeof heads;
    const source = interleaved && rotary
      ? permuteRotaryRows(parameter, heads[rotary], "neighbours")
      : parameter;
    return { name, dims: source.dims, type: typeOf(parameter, type, config), source };
  });
  return config.ropeScaling.kind === "llama3" ? [...planned, ropeFactors(config)] : planned;
}

/**
 * Type of a tensor. Vectors stay float32. Rows that do not fit blocks of 256 become Q8_0, and float16 where they do
 * not fit blocks of 32 either.
 */
function typeOf({ dims, name }: SourceTensor, type: FileType, config: LlamaConfig): BlockTypeName {
  if (dims.length < 2) return "F32";
  const wanted: BlockTypeName = type === "Q4_K_M" ? mixedType(name, config) : type;
  const candidates: BlockTypeName[] = [
    wanted,
    ...(/_K$/.test(wanted) ? ["Q8_0" as const] : []),
    "F16",
  ];
  return candidates.find((each) => dims.at(-1)! % BLOCK_TYPES[each].elements === 0)!;
}

/** The mixture that llama.cpp calls Q4_K_M: more bits for the head, and for values and down of some layers. */
function mixedType(name: string, { layers, tiedEmbeddings }: LlamaConfig): BlockTypeName {
  if (name === HEAD || (tiedEmbeddings && name === EMBEDDING)) return "Q6_K";
  const match = /^model\.layers\.(\d+)\.(self_attn\.v_proj|mlp\.down_proj)\./.exec(name);
  if (!match) return "Q4_K";
  const layer = Number(match[1]);
  const eighth = Math.floor(layers / 8);
  const isOuter = layer < eighth || layer >= Math.floor((7 * layers) / 8);
  return isOuter || (layer - eighth) % 3 === 2 ? "Q6_K" : "Q4_K";
}

/** What LLaMA 3's scaling divides each frequency by. */
function ropeFactors(config: LlamaConfig): PlannedTensor {
  const { frequencies } = ropeFrequencies(config, 0);
  const unscaled = ropeFrequencies({ ...config, ropeScaling: { kind: "default" } }, 0).frequencies;
  const factors = Float32Array.from(frequencies, (frequency, i) => unscaled[i] / frequency);
  const data = new Uint8Array(factors.buffer);
  const dims = [factors.length];
  const read = (start: number, end: number) => Promise.resolve(data.slice(4 * start, 4 * end));
  return {
    name: ROPE_FACTORS,
    dims,
    type: "F32",
    source: { name: ROPE_FACTORS, dims, type: "F32", read },
  };
}

async function* encodeTensor(
  { source, type }: PlannedTensor,
  report: LossReport,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const block: BlockType = BLOCK_TYPES[type];
  if (!block.quantise) {
    yield* convertChunks(source, type as FloatType, report);
    return;
  }
  const loss = noLoss();
  for await (const bytes of convertChunks(source, "F32", report, block.elements)) {
    const values = new Float32Array(bytes.buffer);
    const blocks = new Uint8Array((values.length / block.elements) * block.bytes);
    block.quantise(values, blocks, loss);
    if (!Number.isFinite(loss.errors)) {
      throw new InputError(
        `Cannot quantise tensor "${source.name}": it holds NaN, infinity or too large a value`,
      );
    }
    yield blocks;
  }
  report.add(source.name, loss.largest, loss.errors, loss.squares);
}
