import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ELEMENT_BYTES } from "../../checkpoint/safetensors_header.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { parseJsonObject } from "../../file/parse_json_object.ts";
import { readTextIfAny } from "../../file/read_text_if_any.ts";
import { InputError } from "../../input/input_error.ts";
import { EMBEDDING, HEAD, llamaParameters } from "../../llama/model/parameters.ts";
import { parseLlamaConfig } from "../../llama/model/parse_llama_config.ts";
import { sameDims } from "../../tensor/dims.ts";
import { FileReader } from "../file_reader.ts";
import { isFloatType } from "../floats/float_type.ts";
import { modelTexts } from "../model_texts.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";
import { nameFromMeta, unwrappedName } from "./checkpoint_names.ts";
import { configFromParams } from "./config_from_params.ts";
import { type TorchTensor, torchTensors } from "./torch_file.ts";

/** A tensor, and whether its file has the rows of heads as Meta's checkpoints do. */
interface NamedTensor extends TorchTensor {
  readonly fromMeta: boolean;
}

/**
 * Opens a file of `torch.save` with a model in it, under Hugging Face's, Meta's or torchtitan's names. Its shape
 * comes from `config.json` or Meta's `params.json` beside it.
 *
 * @throws InputError naming a global of its pickle that may not occur, or a missing configuration.
 * @throws CorruptFileError naming a tensor that is missing or has another shape.
 */
export async function openTorch(path: string): Promise<Release> {
  const files = new FileReader();
  try {
    const found = new Map<string, NamedTensor>();
    for (const [name, tensor] of await torchTensors(files, path)) {
      const plain = unwrappedName(name);
      const named = nameFromMeta(plain);
      found.set(named ?? plain, { ...tensor, fromMeta: named !== undefined });
    }
    const configJson = await configOf(path, found);
    const config = parseLlamaConfig(configJson);
    const used = new Set<string>();
    const parameters = llamaParameters(config).map(({ dims, name }): SourceTensor => {
      const tensor = found.get(name);
      const where = `Cannot read ${path}: tensor "${name}"`;
      if (!tensor) throw new CorruptFileError(`${where} is missing`);
      if (!sameDims(tensor.dims, dims)) {
        throw new CorruptFileError(`${where} has shape [${tensor.dims}], want [${dims}]`);
      }
      if (!isFloatType(tensor.type)) throw new CorruptFileError(`${where} has type ${tensor.type}`);
      used.add(name);
      const bytes = ELEMENT_BYTES[tensor.type];
      const { start, type } = tensor;
      const read = (from: number, to: number) =>
        files.read(path, start + from * bytes, start + to * bytes);
      const source = { name, dims, type, read };
      const module = /\.(q_proj|k_proj)\./.exec(name)?.[1];
      if (!tensor.fromMeta || module === undefined) return source;
      const heads = module === "q_proj" ? config.heads : config.keyValueHeads;
      return permuteRotaryRows(source, heads, "halves");
    });
    const unused = [...found.keys()].filter((name) =>
      !used.has(name) && !(name === HEAD && config.tiedEmbeddings) && !/inv_freq|freqs/.test(name)
    );
    return {
      format: "PyTorch file",
      config,
      configJson,
      parameters,
      stored: parameters,
      texts: await modelTexts(dirname(path)),
      notes: unused.length > 0
        ? [`${unused.length} tensors have no place in the model, ${unused[0]} first: left out`]
        : [],
      close: () => files.close(),
    };
  } catch (cause) {
    await files.close();
    throw cause;
  }
}

async function configOf(
  path: string,
  found: ReadonlyMap<string, NamedTensor>,
): Promise<Record<string, unknown>> {
  const beside = (name: string) => join(dirname(path), name);
  const tied = isTied(found);
  if (existsSync(beside("config.json"))) {
    const file = beside("config.json");
    const json = parseJsonObject(file, (await readTextIfAny(file))!);
    // A head that is missing is an error where the configuration wants one.
    return json.tie_word_embeddings === false && !found.has(HEAD)
      ? json
      : { ...json, tie_word_embeddings: tied };
  }
  const params = await readTextIfAny(beside("params.json"));
  if (params !== undefined) {
    const json = parseJsonObject(beside("params.json"), params);
    return configFromParams(
      json,
      new Map([...found].map(([name, { dims }]) => [name, dims])),
      tied,
    );
  }
  throw new InputError(
    `Cannot read ${path}: there is neither config.json nor params.json beside it`,
  );
}

/** Whether the head is the embedding table: absent, or the same elements. */
function isTied(found: ReadonlyMap<string, NamedTensor>): boolean {
  const head = found.get(HEAD);
  return head === undefined || head.start === found.get(EMBEDDING)?.start;
}
