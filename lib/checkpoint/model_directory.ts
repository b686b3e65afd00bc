import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatLlamaConfig, type LlamaConfig, parseLlamaConfig } from "../llama/config.ts";
import { HEAD, llamaParameters } from "../llama/parameters.ts";
import type { ParameterValues } from "../llama/trainer.ts";
import { sameDims } from "../graph/tensor.ts";
import { readTextIfAny } from "./read_text_if_any.ts";
import { replaceFile } from "./replace_file.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors_file.ts";
import { CorruptFileError } from "./corrupt_file_error.ts";
import { writeSafetensors } from "./write_safetensors.ts";

/** A model in Hugging Face's layout, read whole. */
export interface LoadedModel {
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Parameters as f32. */
  readonly parameters: ParameterValues;
  /** Text of `tokenizer.json`, where there is one. */
  readonly tokenizerJson: string | undefined;
}

/**
 * Shape of a LLaMA checkpoint, without its tensors.
 *
 * @throws CorruptFileError when there is no readable config, or a shard is damaged.
 * @throws RangeError when the config is not one of a LLaMA.
 */
export async function readModelConfig(directory: string): Promise<LlamaConfig> {
  return await withTensors(directory, (config) => Promise.resolve(config));
}

/** Text of a checkpoint's `tokenizer.json`; undefined where there is none. */
export function readModelTokenizer(directory: string): Promise<string | undefined> {
  return readTextIfAny(join(directory, "tokenizer.json"));
}

/**
 * Reads a LLaMA checkpoint directory: `config.json`, `model.safetensors` or shards with an index.
 *
 * @throws CorruptFileError naming file and tensor.
 * @throws RangeError when the config is not one of a LLaMA.
 */
export async function readModelDirectory(directory: string): Promise<LoadedModel> {
  return await withTensors(directory, async (config, fileOf) => {
    const parameters: ParameterValues = new Map();
    for (const { name, dims } of llamaParameters(config)) {
      parameters.set(name, await readParameter(directory, name, dims, fileOf(name)));
    }
    return { config, parameters, tokenizerJson: await readModelTokenizer(directory) };
  });
}

/** Reads the config and opens the files of a checkpoint for as long as `body` takes. */
async function withTensors<Value>(
  directory: string,
  body: (
    config: LlamaConfig,
    fileOf: (name: string) => SafetensorsFile | undefined,
  ) => Promise<Value>,
): Promise<Value> {
  const config = await readConfigFile(join(directory, "config.json"));
  const shards = new Map<string, SafetensorsFile>();
  try {
    const fileOf = await locateTensors(directory, shards);
    // Converters disagree on the config's key; a head that is there is used.
    const tiedEmbeddings = config.tiedEmbeddings && !fileOf(HEAD);
    return await body({ ...config, tiedEmbeddings }, fileOf);
  } finally {
    for (const shard of shards.values()) await shard.close();
  }
}

async function readParameter(
  directory: string,
  name: string,
  dims: readonly number[],
  file: SafetensorsFile | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const entry = file?.tensors.get(name);
  if (!file || !entry) {
    throw new CorruptFileError(`Cannot read model ${directory}: tensor "${name}" is missing`);
  }
  if (!sameDims(entry.dims, dims)) {
    throw new CorruptFileError(
      `Cannot read model ${directory}: tensor "${name}" has shape [${entry.dims}], want [${dims}]`,
    );
  }
  const values = await file.float32(name);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new CorruptFileError(
      `Cannot read model ${directory}: tensor "${name}" holds ${
        values[wrong]
      }, want finite numbers`,
    );
  }
  return values;
}

/**
 * Writes a LLaMA checkpoint directory that Hugging Face tools open; each file is replaced whole.
 *
 * @param endOfTextToken Token that ends a document, as the tokenizer writes it.
 */
export async function writeModelDirectory(
  directory: string,
  { config, parameters, tokenizerJson }: LoadedModel,
  endOfTextToken?: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const json = (value: unknown) => [JSON.stringify(value, null, 2) + "\n"];
  await writeSafetensors(
    join(directory, "model.safetensors"),
    llamaParameters(config).map(({ name, dims }) => ({ name, dims, data: parameters.get(name)! })),
    { format: "pt" },
  );
  await replaceFile(join(directory, "config.json"), json(formatLlamaConfig(config)));
  await replaceFile(
    join(directory, "generation_config.json"),
    json({ eos_token_id: config.eosTokenIds, do_sample: true }),
  );
  if (tokenizerJson !== undefined) {
    await replaceFile(join(directory, "tokenizer.json"), [tokenizerJson]);
    await replaceFile(
      join(directory, "tokenizer_config.json"),
      json({
        tokenizer_class: "PreTrainedTokenizerFast",
        clean_up_tokenization_spaces: false,
        ...(endOfTextToken === undefined ? {} : { eos_token: endOfTextToken }),
      }),
    );
  }
}

/** Opens the files of a model; gives the file that holds a tensor. */
async function locateTensors(
  directory: string,
  shards: Map<string, SafetensorsFile>,
): Promise<(name: string) => SafetensorsFile | undefined> {
  const open = async (name: string) => {
    const known = shards.get(name);
    if (known) return known;
    const shard = await openSafetensors(join(directory, name));
    shards.set(name, shard);
    return shard;
  };
  const indexText = await readTextIfAny(join(directory, "model.safetensors.index.json"));
  if (indexText === undefined) {
    const whole = await open("model.safetensors");
    return (name) => (whole.tensors.has(name) ? whole : undefined);
  }
  const map =
    (parseJson("model.safetensors.index.json", indexText) as { weight_map?: unknown } | null)
      ?.weight_map;
  if (typeof map !== "object" || map === null) {
    throw new CorruptFileError(`Cannot read model ${directory}: its index has no weight_map`);
  }
  const places = new Map<string, SafetensorsFile>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[A-Za-z0-9._-]+\.safetensors$/.test(file)) {
      throw new CorruptFileError(
        `Cannot read model ${directory}: its index names the file ${JSON.stringify(file)}`,
      );
    }
    places.set(tensor, await open(file));
  }
  return (name) => places.get(name);
}

/** Reads and parses a file that must be there. */
async function readConfigFile(path: string): Promise<LlamaConfig> {
  const json = parseJson(path, await readFile(path, "utf8"));
  try {
    return parseLlamaConfig(json);
  } catch (cause) {
    throw new RangeError(`${(cause as Error).message} (${path})`, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CorruptFileError(`Cannot read ${path}: it is not JSON`, { cause });
  }
}
