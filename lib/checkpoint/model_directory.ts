import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { formatLlamaConfig } from "../llama/model/format_llama_config.ts";
import type { LlamaConfig } from "../llama/model/llama_config.ts";
import { llamaParameters } from "../llama/model/parameters.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { locateModel } from "./locate_model.ts";
import { readTextIfAny } from "../file/read_text_if_any.ts";
import { replaceFile } from "../file/replace_file.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors_file.ts";
import { writeSafetensors } from "./write_safetensors.ts";

/** A model in Hugging Face's layout, with all parameters. */
export interface LoadedModel {
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Parameters as f32. */
  readonly parameters: ParameterValues;
  /** Text of `tokenizer.json`, if there is one. */
  readonly tokenizerJson: string | undefined;
}

/** Reads a checkpoint's `tokenizer.json`; returns undefined if there is none. */
export function readModelTokenizer(directory: string): Promise<string | undefined> {
  return readTextIfAny(join(directory, "tokenizer.json"));
}

/**
 * Reads a LLaMA checkpoint directory whole, see {@linkcode locateModel}.
 *
 * @throws CorruptFileError naming file and tensor.
 * @throws InputError when the config is not one of a LLaMA.
 */
export async function readModelDirectory(directory: string): Promise<LoadedModel> {
  const { config, tensors } = await locateModel(directory);
  const files = new Map<string, SafetensorsFile>();
  const parameters: ParameterValues = new Map();
  try {
    for (const [name, { path }] of tensors) {
      if (!files.has(path)) files.set(path, await openSafetensors(path));
      parameters.set(name, await readFinite(path, files.get(path)!, name));
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return { config, parameters, tokenizerJson: await readModelTokenizer(directory) };
}

/**
 * Checks that all parameters are finite.
 *
 * @throws CorruptFileError naming the file and the first tensor that holds NaN or infinity.
 */
export async function checkFinite(
  directory: string,
  overrides?: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { tensors } = await locateModel(directory, overrides);
  for (const [name, { path }] of tensors) {
    const file = await openSafetensors(path);
    try {
      await readFinite(path, file, name);
    } finally {
      await file.close();
    }
  }
}

async function readFinite(
  path: string,
  file: SafetensorsFile,
  name: string,
): Promise<Float32Array<ArrayBuffer>> {
  const values = await file.float32(name);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  throw new CorruptFileError(
    `Cannot read model ${path}: tensor "${name}" holds ${values[wrong]}, want finite numbers`,
  );
}

/**
 * Writes a LLaMA checkpoint directory that Hugging Face tools can open; each file is replaced atomically.
 *
 * @param endOfTextToken Text of the token that ends a document.
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
