import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ELEMENT_BYTES } from "../../checkpoint/safetensors_header.ts";
import { replaceFile } from "../../file/replace_file.ts";
import { elementCount } from "../../tensor/dims.ts";
import { withType } from "../config_keys.ts";
import { convertChunks } from "../convert_chunks.ts";
import { type FloatType, isFloatType } from "../floats/float_type.ts";
import type { LossReport } from "../floats/loss_report.ts";
import { TEXT_FILES } from "../model_texts.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";
import type { WriteHooks } from "../write_hooks.ts";

/** How a Hugging Face directory is written. */
export interface HuggingFaceSettings {
  /** Float type of all weights; undefined keeps each as it is. */
  readonly dtype: FloatType | undefined;
  /** Longest weight file, bytes; a larger tensor has a file of its own. */
  readonly shardBytesMax: number;
}

/**
 * Writes a Hugging Face directory in place of a model that is there. Each file is replaced whole, `config.json` as
 * the last: without it nothing takes the directory for a model.
 *
 * @returns Names of the weight files.
 */
export async function writeHuggingFace(
  directory: string,
  release: Release,
  { dtype, shardBytesMax }: HuggingFaceSettings,
  report: LossReport,
  { onBytes, signal }: WriteHooks,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  await removeModel(directory);
  const bytesOf = ({ dims, type }: SourceTensor) =>
    elementCount(dims) * ELEMENT_BYTES[dtype !== undefined && isFloatType(type) ? dtype : type];
  const shards = cutIntoShards(release.stored, bytesOf, shardBytesMax);
  const nameOf = (i: number) =>
    shards.length === 1
      ? "model.safetensors"
      : `model-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`;
  for (const [i, shard] of shards.entries()) {
    const parts = async function* () {
      yield* safetensorsHeader(shard, dtype);
      for (const tensor of shard) {
        for await (const bytes of convertChunks(tensor, dtype, report)) {
          signal.throwIfAborted();
          yield bytes;
          onBytes(bytes.length);
        }
      }
    };
    await replaceFile(join(directory, nameOf(i)), parts());
  }
  const json = (value: unknown) => [JSON.stringify(value, null, 2) + "\n"];
  if (shards.length > 1) {
    const weight_map = Object.fromEntries(
      shards.flatMap((shard, i) => shard.map(({ name }) => [name, nameOf(i)])),
    );
    const total_size = release.stored.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    const index = { metadata: { total_size }, weight_map };
    await replaceFile(join(directory, "model.safetensors.index.json"), json(index));
  }
  for (const [name, text] of release.texts) await replaceFile(join(directory, name), [text]);
  const config = dtype === undefined ? release.configJson : withType(release.configJson, dtype);
  await replaceFile(join(directory, "config.json"), json(config));
  return shards.map((_, i) => nameOf(i));
}

/** Removes what an earlier model has left, its configuration first; other files stay. */
async function removeModel(directory: string): Promise<void> {
  const isOfModel = (name: string) =>
    /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(name) || TEXT_FILES.includes(name) ||
    name === "model.safetensors.index.json";
  await rm(join(directory, "config.json"), { force: true });
  for (const name of await readdir(directory)) {
    if (isOfModel(name)) await rm(join(directory, name));
  }
}

const pad = (number: number) => String(number).padStart(5, "0");

function cutIntoShards(
  tensors: readonly SourceTensor[],
  bytesOf: (tensor: SourceTensor) => number,
  bytesMax: number,
): SourceTensor[][] {
  const shards: SourceTensor[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    const more = bytesOf(tensor);
    if (bytes > 0 && bytes + more > bytesMax) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(tensor);
    bytes += more;
  }
  return shards;
}

function* safetensorsHeader(tensors: readonly SourceTensor[], dtype: FloatType | undefined) {
  const header = new Map<string, unknown>([["__metadata__", { format: "pt" }]]);
  let at = 0;
  for (const { dims, name, type } of tensors) {
    const stored = dtype !== undefined && isFloatType(type) ? dtype : type;
    const end = at + elementCount(dims) * ELEMENT_BYTES[stored];
    header.set(name, { dtype: stored, shape: dims, data_offsets: [at, end] });
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padding = (8 - (text.length % 8)) % 8;
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(text.length + padding), true);
  yield prefix;
  yield text;
  yield " ".repeat(padding);
}
