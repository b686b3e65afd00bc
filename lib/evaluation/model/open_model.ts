import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fingerprint } from "../../checkpoint/fingerprint.ts";
import { type LocatedModel, locateModel } from "../../checkpoint/locate_model.ts";
import { readSpecialTokens } from "../../checkpoint/read_special_tokens.ts";
import { readTokenizerSettings } from "../../checkpoint/read_tokenizer_settings.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { readTextIfAny } from "../../file/read_text_if_any.ts";
import type { ChatTemplate } from "../../template/chat_template.ts";
import { namedTokens } from "../../tokenizer/tokenizer_class.ts";
import { TokenizerError, TokenizerFile } from "../../tokenizer/tokenizer_file.ts";
import type { TokenizerSettings } from "../../tokenizer/tokenizer_settings.ts";
import { type BosPolicy, RequestEncoder } from "../request_encoder.ts";
import { type ChatSettings, openChatTemplate } from "./open_chat_template.ts";
import { ModelSettingError } from "./model_setting_error.ts";

/** How a model is opened. */
export interface ModelSettings {
  /** Values that replace those of `config.json`, by key. */
  readonly override: Readonly<Record<string, unknown>>;
  /** A `tokenizer.json` or a directory with one, in place of the model's own. */
  readonly tokenizer?: string | undefined;
  /** Longest input, tokens; undefined takes the model's positions. */
  readonly lengthMax?: number | undefined;
  /** Whether texts begin with BOS. */
  readonly bos: BosPolicy;
  /** How chats are written; undefined for texts. */
  readonly chat?: ChatSettings | undefined;
}

/** A model without its weights in memory: all that it takes to make requests. */
export interface OpenModel extends LocatedModel {
  /** Directory of its files. */
  readonly directory: string;
  /** Turns texts into its tokens. */
  readonly encoder: RequestEncoder;
  /** Hash of weights, configuration and tokenizer. */
  readonly fingerprint: string;
  /** How its chats are written, where that is asked for. */
  readonly chat: ChatTemplate | undefined;
  /** Contradictions in its files, and which side counts. */
  readonly warnings: readonly string[];
}

/**
 * Opens a model: reads configuration and tokenizer and finds every parameter, but reads no weights.
 *
 * @param directory Hugging Face directory.
 * @throws ModelSettingError when the model does not allow a setting, CorruptFileError, RangeError.
 */
export async function openModel(directory: string, settings: ModelSettings): Promise<OpenModel> {
  const located = await locateModel(directory, settings.override);
  const lengthMax = checkLength(settings.lengthMax, located);
  const place = settings.tokenizer ?? directory;
  const isFile = !(await stat(place).catch(() => undefined))?.isDirectory();
  const home = isFile ? directory : place;
  const tokenizerSettings = await readTokenizerSettings(home);
  // The model's settings say nothing of a file from elsewhere.
  const path = isFile ? place : join(place, "tokenizer.json");
  const tokenizer = await readTokenizer(path, isFile ? undefined : tokenizerSettings);
  const named = isFile ? namedTokens(tokenizerSettings, undefined) : tokenizer.named;
  const special = await readSpecialTokens(directory, tokenizer, named, located);
  if (settings.bos === "yes" && special.bos === undefined) {
    throw new ModelSettingError("bos", "Cannot begin texts with BOS: the model has no such token");
  }
  const encoder = new RequestEncoder(tokenizer, {
    bos: settings.bos,
    bosToken: special.bos,
    eosTokens: special.eos,
    vocabularySize: located.config.vocabSize,
    lengthMax,
  });
  return {
    ...located,
    directory,
    encoder,
    chat: settings.chat && await openChatTemplate(home, tokenizerSettings, named, settings.chat),
    fingerprint: await fingerprint(located, tokenizer.json),
    warnings: warningsOf(located, encoder, tokenizerSettings),
  };
}

function checkLength(wanted: number | undefined, { config: { positionsMax } }: LocatedModel) {
  if (wanted === undefined || wanted <= positionsMax) return wanted ?? positionsMax;
  throw new ModelSettingError(
    "lengthMax",
    `Cannot use inputs of ${wanted} tokens: the model has ${positionsMax} positions`,
  );
}

async function readTokenizer(
  path: string,
  settings: TokenizerSettings | undefined,
): Promise<TokenizerFile> {
  const json = await readTextIfAny(path);
  if (json === undefined) {
    const where = resolve(path);
    throw new ModelSettingError("tokenizer", `Cannot read ${where}: there is no such file`);
  }
  try {
    return new TokenizerFile(json, settings);
  } catch (cause) {
    if (!(cause instanceof TokenizerError)) throw cause;
    throw new CorruptFileError(`${cause.message} (${path})`, { cause });
  }
}

function warningsOf(
  { config, notes }: LocatedModel,
  { options: { bos, bosToken }, tokenizer }: RequestEncoder,
  { values: { add_bos_token: addBosToken } }: TokenizerSettings,
): string[] {
  const begins = bosToken !== undefined && tokenizer.encode("a", true)[0] === bosToken;
  const warnings: string[] = [...notes];
  if (bos === "auto" && typeof addBosToken === "boolean" && addBosToken !== begins) {
    warnings.push(
      `tokenizer_config.json says add_bos_token ${addBosToken}, tokenizer.json ${
        begins ? "begins" : "does not begin"
      } texts with it; the latter counts unless --add-bos says otherwise`,
    );
  }
  if (tokenizer.vocabularySize > config.vocabSize) {
    warnings.push(
      `the tokenizer has ${tokenizer.vocabularySize} tokens, the model ${config.vocabSize}: texts with others fail`,
    );
  }
  return warnings;
}
