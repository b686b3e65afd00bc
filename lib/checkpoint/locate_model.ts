import { InputError } from "../input/input_error.ts";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FilePlace } from "../graph/graph.ts";
import type { ElementType } from "../graph/element_type.ts";
import { sameDims } from "../tensor/dims.ts";
import type { LlamaConfig } from "../llama/model/llama_config.ts";
import { parseLlamaConfig } from "../llama/model/parse_llama_config.ts";
import { configNotes } from "../llama/model/config_notes.ts";
import { fusedPart } from "../llama/model/fused_part.ts";
import { HEAD, llamaParameters } from "../llama/model/parameters.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { parseJsonObject } from "../file/parse_json_object.ts";
import { readTextIfAny } from "../file/read_text_if_any.ts";
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
  /** What in its files contradicts something else there, and which of the two counts. */
  readonly notes: readonly string[];
}

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

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
 * of tying; biases and other tensors that it does not speak of are not.
 *
 * @param overrides Values that replace those of `config.json`, by key.
 * @throws CorruptFileError naming file and tensor.
 * @throws InputError when the config is not one of a LLaMA.
 */
export async function locateModel(
  directory: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<LocatedModel> {
  const path = join(directory, "config.json");
  const configJson = { ...await readObject(path), ...overrides };
  const stated = parseConfig(path, configJson);
  const { entries: found, note } = await entriesOfModel(directory);
  // Where a head is there it counts, tied or not.
  const config = { ...stated, tiedEmbeddings: stated.tiedEmbeddings && !found.has(HEAD) };
  const tensors = new Map<string, LocatedTensor>();
  const used = new Set<string>();
  for (const { dims, name } of llamaParameters(config)) {
    const part = config.fused ? fusedPart(config, name, dims) : undefined;
    const stored = part ?? { name, dims, from: 0 };
    used.add(stored.name);
    const whole = checkTensor(directory, stored.name, stored.dims, found.get(stored.name));
    tensors.set(name, part ? rowsOf(whole, part.from, dims) : whole);
  }
  const places = [...tensors.values()];
  return {
    config,
    configJson,
    tensors,
    bytes: places.reduce((sum, { end, start }) => sum + end - start, 0),
    types: [...new Set(places.map(({ type }) => type))],
    notes: [...note, ...configNotes(configJson), ...unusedNotes(found.keys(), used)],
  };
}

/** Rows of a tensor, which lie together. */
function rowsOf(whole: LocatedTensor, from: number, dims: readonly number[]): LocatedTensor {
  const rowBytes = (whole.end - whole.start) / whole.dims[0];
  const start = whole.start + from * rowBytes;
  return { ...whole, dims, start, end: start + dims[0] * rowBytes };
}

/** Tensors that the configuration has no place for are left alone, as transformers does. */
function unusedNotes(names: Iterable<string>, used: ReadonlySet<string>): string[] {
  const unused = [...names].filter((name) =>
    !used.has(name) && !name.endsWith("rotary_emb.inv_freq")
  );
  if (unused.length === 0) return [];
  const rest = unused.length > 1 ? ` and ${unused.length - 1} more` : "";
  return [`config.json has no place for the tensor ${unused[0]}${rest}: not used`];
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
): Promise<{ entries: Map<string, TensorEntry & { path: string }>; note: string[] }> {
  const found = new Map<string, TensorEntry & { path: string }>();
  const { files, note } = await filesOfModel(directory);
  for (const [file, wanted] of files) {
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
  return { entries: found, note };
}

/**
 * Files of a model, and the tensors to be taken from each: all of `model.safetensors`, which counts before an
 * index as in transformers.
 */
async function filesOfModel(
  directory: string,
): Promise<{ files: Map<string, string[] | undefined>; note: string[] }> {
  const path = join(directory, INDEX);
  const single = existsSync(join(directory, SINGLE));
  const text = single ? undefined : await readTextIfAny(path);
  if (text === undefined) {
    const note = single && existsSync(path)
      ? [`there are ${SINGLE} and ${INDEX}: the former counts, what the latter names is not read`]
      : [];
    return { files: new Map([[SINGLE, undefined]]), note };
  }
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
  return { files, note: [] };
}

function parseConfig(path: string, json: unknown): LlamaConfig {
  try {
    return parseLlamaConfig(json);
  } catch (cause) {
    throw new InputError(`${(cause as Error).message} (${path})`, { cause });
  }
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  const text = await readTextIfAny(path);
  if (text !== undefined) return parseJsonObject(path, text);
  throw new CorruptFileError(`Cannot read model ${dirname(path)}: it has no config.json`);
}
