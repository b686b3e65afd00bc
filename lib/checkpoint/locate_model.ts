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

/** Location of one parameter of a model. */
export interface LocatedTensor extends FilePlace {
  /** Element type in the file. */
  readonly type: ElementType;
  /** Length of every axis. */
  readonly dims: readonly number[];
}

/** A tensor as a safetensors file has it. */
export interface StoredTensor extends TensorEntry {
  /** File. */
  readonly path: string;
}

/** A checkpoint whose parameters are located and checked, but not read. */
export interface LocatedModel {
  /** Shape of the model, according to its files. */
  readonly config: LlamaConfig;
  /** `config.json` with the overrides. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** Every parameter, in canonical order. */
  readonly tensors: ReadonlyMap<string, LocatedTensor>;
  /** Every tensor of its files, by the name that it has there. */
  readonly stored: ReadonlyMap<string, StoredTensor>;
  /** Bytes of all parameters. */
  readonly bytes: number;
  /** Element types of all parameters. */
  readonly types: readonly ElementType[];
  /** Contradictions within its files, and which of the two applies. */
  readonly notes: readonly string[];
}

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Element types of parameters, by their names in safetensors. */
const FLOATS: Readonly<Record<string, ElementType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/**
 * Locates the parameters of a LLaMA checkpoint: `config.json`, and `model.safetensors` or shards with an
 * index. Follows links, as in Hugging Face's cache. An existing head is used even if the config ties it;
 * biases and other tensors that the config does not mention are not used.
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
  // An existing head is used, tied or not.
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
    stored: found,
    bytes: places.reduce((sum, { end, start }) => sum + end - start, 0),
    types: [...new Set(places.map(({ type }) => type))],
    notes: [...note, ...configNotes(configJson), ...unusedNotes(found.keys(), used)],
  };
}

/** Returns a range of rows of a tensor, which are contiguous. */
function rowsOf(whole: LocatedTensor, from: number, dims: readonly number[]): LocatedTensor {
  const rowBytes = (whole.end - whole.start) / whole.dims[0];
  const start = whole.start + from * rowBytes;
  return { ...whole, dims, start, end: start + dims[0] * rowBytes };
}

/** Notes tensors that the configuration does not use; they are ignored, as in transformers. */
function unusedNotes(names: Iterable<string>, used: ReadonlySet<string>): string[] {
  const unused = [...names].filter((name) =>
    !used.has(name) && !name.endsWith("rotary_emb.inv_freq")
  );
  if (unused.length === 0) return [];
  const rest = unused.length > 1 ? ` and ${unused.length - 1} more` : "";
  return [`config.json does not mention the tensor ${unused[0]}${rest}: not used`];
}

function checkTensor(
  directory: string,
  name: string,
  dims: readonly number[],
  entry: StoredTensor | undefined,
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

/** Reads the headers of all files of a model; if two files hold a tensor, the index decides. */
async function entriesOfModel(
  directory: string,
): Promise<{ entries: Map<string, StoredTensor>; note: string[] }> {
  const found = new Map<string, StoredTensor>();
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
          `Cannot read model ${directory}: tensor "${name}" is not in ${file}, contrary to the index`,
        );
      }
      found.set(name, { ...entry, path });
    }
  }
  return { entries: found, note };
}

/**
 * Returns the files of a model, and the tensors to take from each: all of `model.safetensors`, which takes
 * precedence over an index, as in transformers.
 */
async function filesOfModel(
  directory: string,
): Promise<{ files: Map<string, string[] | undefined>; note: string[] }> {
  const path = join(directory, INDEX);
  const single = existsSync(join(directory, SINGLE));
  const text = single ? undefined : await readTextIfAny(path);
  if (text === undefined) {
    const note = single && existsSync(path)
      ? [`${SINGLE} overrides ${INDEX}, whose files are not read`]
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
