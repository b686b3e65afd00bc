import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { locateModel } from "../../lib/checkpoint/locate_model.ts";
import { readTextIfAny } from "../../lib/file/read_text_if_any.ts";
import { readModelTokenizer } from "../../lib/checkpoint/model_directory.ts";
import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { PRESETS } from "../../lib/llama/model/presets.ts";
import type { PartialRunDefinition, RunDefinition } from "../../lib/swarm/run_definition.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { byteTokenizer } from "../../lib/tokenizer/byte_tokenizer.ts";
import { jsonTokenizer } from "../../lib/tokenizer/json_tokenizer.ts";
import type { Tokenizer } from "../../lib/tokenizer/tokenizer.ts";
import { RefusedRequestError } from "../command.ts";
import type { TrainOptions } from "./parse.ts";

const DEFAULT_PRESET = "tiny";
/** Preset vocabularies are padded to a multiple of this, so that tables split into full tiles. */
const VOCABULARY_MULTIPLE = 64;

/** Returns a checkpoint directory, or the one inside a run directory. */
export async function checkpointDirectory(path: string): Promise<string> {
  const names: string[] = await readdir(path).catch((cause: { code?: string }) => {
    if (!/^(ENOENT|ENOTDIR)$/.test(cause.code ?? "")) throw cause;
    throw new RefusedRequestError(
      `Cannot start from ${resolve(path)}: there is no such directory`,
      "give the directory of a checkpoint, or of a run",
    );
  });
  const inside = !names.includes("config.json") && names.includes("checkpoint");
  return inside ? join(path, "checkpoint") : path;
}

/**
 * Reads the text of a file that an option names.
 *
 * @throws RefusedRequestError when it does not exist.
 */
export async function readGiven(path: string): Promise<string> {
  const text = await readTextIfAny(resolve(path));
  if (text !== undefined) return text;
  throw new RefusedRequestError(
    `Cannot read ${resolve(path)}: there is no such file`,
    "check the path",
  );
}

/** Chooses the tokenizer of a run: the one given, the checkpoint's, or bytes. */
export async function chooseTokenizer(
  { tokenizer }: TrainOptions,
  from: string | undefined,
): Promise<Tokenizer> {
  if (tokenizer) return jsonTokenizer(await readGiven(tokenizer));
  const json = from && await readModelTokenizer(from);
  return json ? jsonTokenizer(json) : byteTokenizer();
}

/**
 * Chooses the model's shape, with notes on its files: a preset fitted to the tokenizer, a config file, the
 * checkpoint's shape, or that of a run definition.
 *
 * @throws RefusedRequestError when the choices contradict each other or the tokenizer does not fit.
 */
export async function chooseModel(
  { model }: TrainOptions,
  given: PartialRunDefinition,
  stored: RunDefinition | undefined,
  from: string | undefined,
  tokenizer: Tokenizer,
): Promise<{ config: LlamaConfig; notes: readonly string[] }> {
  if (from && model) {
    throw new RefusedRequestError(
      `Cannot use --model ${model} and --from together: a checkpoint has its own shape`,
      "omit one of them",
    );
  }
  const written = given.model ?? stored?.model;
  const preset = model
    ? Object.hasOwn(PRESETS, model) && model
    : !from && !written && DEFAULT_PRESET;
  if (preset) return { config: presetFor(preset, tokenizer), notes: [] };
  const { config, notes } = from
    ? await locateModel(from)
    : { config: model ? await readConfig(model) : parseLlamaConfig(written), notes: [] };
  if (config.vocabSize < tokenizer.vocabularySize) {
    throw new RefusedRequestError(
      `Cannot train model: its vocabulary has ${config.vocabSize} entries, want at least ${tokenizer.vocabularySize} for this tokenizer`,
      "use the tokenizer that belongs to the model, or set vocab_size",
    );
  }
  // Without an EOS token, generation from the checkpoint would never end.
  const eosTokenIds = config.eosTokenIds.length > 0 ? config.eosTokenIds : [tokenizer.endOfText];
  return { config: { ...config, eosTokenIds }, notes };
}

function presetFor(name: string, { endOfText, vocabularySize }: Tokenizer): LlamaConfig {
  const vocabSize = Math.ceil(vocabularySize / VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE;
  return { ...PRESETS[name], vocabSize, bosTokenId: undefined, eosTokenIds: [endOfText] };
}

async function readConfig(path: string): Promise<LlamaConfig> {
  const text = await readTextIfAny(path);
  if (text === undefined) {
    const guess = nearest(path, Object.keys(PRESETS));
    throw new RefusedRequestError(
      `Cannot use model ${path}: there is no such preset or file`,
      guess ? `did you mean ${guess}?` : `want ${Object.keys(PRESETS).join(", ")} or a config.json`,
    );
  }
  try {
    return parseLlamaConfig(JSON.parse(text));
  } catch (cause) {
    const [what] = (cause as Error).message.split("\n");
    throw new RefusedRequestError(`${what} (${path})`, "fix that file");
  }
}
