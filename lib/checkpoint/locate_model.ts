import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FilePlace } from "../graph/graph.ts";
import { type ElementType, sameDims } from "../graph/tensor.ts";
import { type LlamaConfig, parseLlamaConfig } from "../llama/config.ts";
import { blockParameterName, blockParameters, HEAD, llamaParameters } from "../llama/parameters.ts";
import { CorruptFileError } from "./corrupt_file_error.ts";
import { parseJsonObject } from "./parse_json_object.ts";
import { readTextIfAny } from "./read_text_if_any.ts";
import { openSafetensors } from "./safetensors_file.ts";
import type { TensorEntry } from "./safetensors_header.ts";

/** Where one parameter of a model lies. */
export interface LocatedTensor extends FilePlace {
  /** Element type in the file. */
  readonly type: ElementType;
  /** Length of every axis. */
  readonly dims: readonly number[];
}

/** A checkpoint whose parameters have been found and checked, but not read. */
export interface LocatedModel {
  /** Shape of the model, as its files have it. */
  readonly config: LlamaConfig;
  /** `config.json` with the overrides. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** Every parameter, in canonical order. */
  readonly tensors: ReadonlyMap<string, LocatedTensor>;
  /** Bytes of all parameters. */
  readonly bytes: number;
  /** Element types that they have. */
  readonly types: readonly ElementType[];
}

/** Types that parameters come in, by their names in safetensors. */
const FLOATS: Readonly<Record<string, ElementType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/**
 * Finds the parameters of a LLaMA checkpoint: `config.json`, and `model.safetensors` or shards with an index.
 * Links are followed, as Hugging Face's cache has them. A head that is there is used, whatever the config says
 * of tying; so are biases.
 *
 * @param overrides Values that replace those of `config.json`, by key.
 * @throws CorruptFileError naming file and tensor.
 * @throws RangeError when the config is not one of a LLaMA.
 */
export async function locateModel(
  directory: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<LocatedModel> {
  const path = join(directory, "config.json");
  const configJson = { ...await readObject(path), ...overrides };
  const stated = parseConfig(path, configJson);
  const found = await entriesOfModel(directory);
  const config = {
    ...stated,
    // Converters disagree on these keys; the file does not.
    tiedEmbeddings: stated.tiedEmbeddings && !found.has(HEAD),
    biases: biasesOf(stated, found),
  };
  const tensors = new Map<string, LocatedTensor>();
  for (const { name, dims } of llamaParameters(config)) {
    tensors.set(name, checkTensor(directory, name, dims, found.get(name)));
  }
  const other = found.keys().find((name) =>
    /^model\.layers\./.test(name) && !tensors.has(name) && !name.endsWith("rotary_emb.inv_freq")
  );
  if (other !== undefined) {
    throw new CorruptFileError(
      `Cannot read model ${directory}: it has the tensor "${other}", which no LLaMA of ${config.layers} layers has`,
    );
  }
  const places = [...tensors.values()];
  return {
    config,
    configJson,
    tensors,
    bytes: places.reduce((sum, { end, start }) => sum + end - start, 0),
    types: [...new Set(places.map(({ type }) => type))],
  };
}

function biasesOf(config: LlamaConfig, found: ReadonlyMap<string, unknown>): string[] {
  return blockParameters(config).flatMap(({ name }) => {
    if (!name.endsWith("_proj.weight")) return [];
    const module = name.slice(0, -".weight".length);
    return found.has(blockParameterName(0, `${module}.bias`)) ? [module] : [];
  });
}

function checkTensor(
  directory: string,
  name: string,
  dims: readonly number[],
  entry: (TensorEntry & { path: string }) | undefined,
): LocatedTensor {
  if (!entry) {
    throw new CorruptFileError(`Cannot read model ${directory}: tensor "${name}" is missing`);
  }
  const where = `Cannot read model ${directory}: tensor "${name}" in ${entry.path}`;
  if (!sameDims(entry.dims, dims)) {
    throw new CorruptFileError(`${where} has shape [${entry.dims}], want [${dims}]`);
  }
  const type = FLOATS[entry.type];
  if (type === undefined) {
    throw new CorruptFileError(
      `${where} has type ${entry.type}, want ${Object.keys(FLOATS).join(", ")}`,
    );
  }
  return { type, dims, path: entry.path, start: entry.start, end: entry.end };
}

/** Headers of all files of a model; where two files hold a tensor, the index decides. */
async function entriesOfModel(
  directory: string,
): Promise<Map<string, TensorEntry & { path: string }>> {
  const found = new Map<string, TensorEntry & { path: string }>();
  for (const [file, wanted] of await filesOfModel(directory)) {
    const path = await realpath(join(directory, file)).catch((cause) => {
      if (cause.code !== "ENOENT") throw cause;
      throw new CorruptFileError(
        `Cannot read model ${directory}: ${file} is missing, want it or an index of other .safetensors files`,
        { cause },
      );
    });
    const shard = await openSafetensors(path);
    await shard.close();
    for (const name of wanted ?? shard.tensors.keys()) {
      const entry = shard.tensors.get(name);
      if (!entry) {
        throw new CorruptFileError(
          `Cannot read model ${directory}: tensor "${name}" is not in ${file}, want it there as the index says`,
        );
      }
      found.set(name, { ...entry, path });
    }
  }
  return found;
}

/** Files of a model, and the tensors to be taken from each: all where there is no index. */
async function filesOfModel(directory: string): Promise<Map<string, string[] | undefined>> {
  const path = join(directory, "model.safetensors.index.json");
  const text = await readTextIfAny(path);
  if (text === undefined) return new Map([["model.safetensors", undefined]]);
  const map = (parseJsonObject(path, text) as { weight_map?: unknown }).weight_map;
  if (typeof map !== "object" || map === null) {
    throw new CorruptFileError(`Cannot read model ${directory}: its index has no weight_map`);
  }
  const files = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[A-Za-z0-9._-]+\.safetensors$/.test(file)) {
      throw new CorruptFileError(
        `Cannot read model ${directory}: its index names the file ${JSON.stringify(file)}`,
      );
    }
    const tensors = files.get(file);
    if (tensors) tensors.push(tensor);
    else files.set(file, [tensor]);
  }
  return files;
}

function parseConfig(path: string, json: unknown): LlamaConfig {
  try {
    return parseLlamaConfig(json);
  } catch (cause) {
    throw new RangeError(`${(cause as Error).message} (${path})`, { cause });
  }
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  const text = await readTextIfAny(path);
  if (text !== undefined) return parseJsonObject(path, text);
  throw new CorruptFileError(`Cannot read model ${dirname(path)}: it has no config.json`);
}
