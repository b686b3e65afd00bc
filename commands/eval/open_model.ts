import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CorruptFileError } from "../../lib/file/corrupt_file_error.ts";
import { type LocatedModel, locateModel } from "../../lib/checkpoint/locate_model.ts";
import { chatTemplateFile, DEFAULT_TEMPLATE } from "../../lib/checkpoint/read_chat_template.ts";
import { readTokenizerSettings } from "../../lib/checkpoint/read_tokenizer_settings.ts";
import { readTextIfAny } from "../../lib/file/read_text_if_any.ts";
import type { ChatTemplate } from "../../lib/template/chat_template.ts";
import { RequestEncoder } from "../../lib/evaluation/request_encoder.ts";
import { fetchModel } from "../../lib/hub/fetch_model.ts";
import type { Hub } from "../../lib/hub/hub.ts";
import { HubError } from "../../lib/hub/hub_error.ts";
import { CONFIG_KEYS } from "../../lib/llama/model/config_file.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { namedTokens } from "../../lib/tokenizer/tokenizer_class.ts";
import type { TokenizerSettings } from "../../lib/tokenizer/tokenizer_settings.ts";
import { TokenizerError, TokenizerFile } from "../../lib/tokenizer/tokenizer_file.ts";
import type { EvalOptions } from "./parse.ts";
import { openChatTemplate } from "./open_chat_template.ts";
import { RefusedRequestError } from "../command.ts";
import { readSpecialTokens } from "../../lib/checkpoint/read_special_tokens.ts";
import { fingerprint } from "../../lib/checkpoint/fingerprint.ts";

/** A model that is there, with what is needed to ask it. */
export interface EvalModel extends LocatedModel {
  /** Directory of its files. */
  readonly directory: string;
  /** Commit, of a model from the hub. */
  readonly commit: string | undefined;
  /** Turns texts into its tokens. */
  readonly encoder: RequestEncoder;
  /** Hash of weights, configuration and tokenizer. */
  readonly fingerprint: string;
  /** How its chats are written, where that is asked for. */
  readonly chat: ChatTemplate | undefined;
  /** Something about its files that the user should know. */
  readonly warnings: readonly string[];
}

/** Whether MODEL is a directory: a checkpoint, or a run that has one. Undefined when it is neither. */
export function localModel(model: string): string | undefined {
  return [model, join(model, "checkpoint")].find((path) => existsSync(join(path, "config.json")));
}

/**
 * Finds a model and reads all of it but its weights.
 *
 * @param nowMs The date for chat templates that ask for it.
 * @throws RefusedRequestError when MODEL names nothing.
 */
export async function openEvalModel(
  options: EvalOptions,
  hub: Hub,
  nowMs: number,
): Promise<EvalModel> {
  const local = localModel(options.model);
  if (
    !local &&
    (existsSync(options.model) ||
      !/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(options.model))
  ) {
    throw new RefusedRequestError(
      `Cannot open model ${options.model}: it has no config.json`,
      "give the directory of a checkpoint, a run of covey train (covey-run, once there is one), or an id such as org/name",
    );
  }
  if (local && options.revision !== undefined) {
    throw new RefusedRequestError(
      `Cannot use --revision ${options.revision}: ${local} is a directory of this machine`,
      "leave it out, or give the model's id",
    );
  }
  const fetched = local ? undefined : await fetchNamed(options, hub);
  const directory = local ?? fetched!.folder;
  checkOverrides(options.override);
  const located = await locateModel(directory, options.override);
  refuseCode(options, located.configJson);
  const place = options.tokenizer ?? directory;
  const isFile = !(await stat(place).catch(() => undefined))?.isDirectory();
  const home = isFile ? directory : place;
  const settings = await readTokenizerSettings(home);
  // The model's settings say nothing of a file from elsewhere.
  const path = isFile ? place : join(place, "tokenizer.json");
  const tokenizer = await readTokenizer(path, isFile ? undefined : settings);
  const named = isFile ? namedTokens(settings, undefined) : tokenizer.named;
  const special = await readSpecialTokens(directory, tokenizer, named, located);
  const lengthMax = options.maxLength ?? located.config.positionsMax;
  if (lengthMax > located.config.positionsMax) {
    throw new RefusedRequestError(
      `Cannot use --max-length ${lengthMax}: the model has ${located.config.positionsMax} positions`,
      `give --override max_position_embeddings=${lengthMax} to go beyond them`,
    );
  }
  if (options.addBos === "yes" && special.bos === undefined) {
    throw new RefusedRequestError(
      "Cannot begin texts with the first token: the model has none",
      "leave --add-bos out, or name bos_token in tokenizer_config.json",
    );
  }
  const encoder = new RequestEncoder(tokenizer, {
    bos: options.addBos,
    bosToken: special.bos,
    eosTokens: special.eos,
    vocabularySize: located.config.vocabSize,
    lengthMax,
  });
  return {
    ...located,
    directory,
    commit: fetched?.commit,
    encoder,
    chat: await openChatTemplate(options, home, settings, named, nowMs),
    fingerprint: await fingerprint(located, tokenizer.json),
    warnings: warningsOf(located, tokenizer, special.bos, settings, options),
  };
}

async function fetchNamed(
  { applyChatTemplate, chatTemplate = DEFAULT_TEMPLATE, model, revision = "main" }: EvalOptions,
  hub: Hub,
) {
  const template = applyChatTemplate ? chatTemplateFile(chatTemplate) : undefined;
  const more = template === undefined ? [] : [template];
  try {
    return await fetchModel(hub, { kind: "models", id: model, revision }, more);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const text = `${cause.message}; nor is there a directory ${model} with a config.json`;
    throw new HubError(text, cause.kind, { cause });
  }
}

/** A key that is not read would change nothing. */
function checkOverrides(override: Readonly<Record<string, unknown>>): void {
  const unknown = Object.keys(override).find((key) => !CONFIG_KEYS.includes(key));
  if (unknown !== undefined) {
    const guess = nearest(unknown, CONFIG_KEYS);
    throw new RefusedRequestError(
      `Cannot override ${unknown}: it is no key that counts`,
      guess ? `did you mean ${guess}?` : `want one of ${CONFIG_KEYS.join(", ")}`,
    );
  }
}

/** Code that the user trusts would be run in the harness, and may compute anything. */
function refuseCode(
  { trustRemoteCode }: EvalOptions,
  { auto_map: own }: Readonly<Record<string, unknown>>,
): void {
  if (!trustRemoteCode || own === undefined) return;
  throw new RefusedRequestError(
    "Cannot trust remote code: config.json's auto_map names Python code, which is not run here",
    "leave trust_remote_code out to score the model as its model_type says",
  );
}

async function readTokenizer(
  path: string,
  settings: TokenizerSettings | undefined,
): Promise<TokenizerFile> {
  const json = await readTextIfAny(path);
  if (json === undefined) {
    throw new RefusedRequestError(
      `Cannot read ${resolve(path)}: there is no such file`,
      "give --tokenizer FILE",
    );
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
  tokenizer: TokenizerFile,
  bos: number | undefined,
  { values: { add_bos_token: addBosToken } }: TokenizerSettings,
  options: EvalOptions,
): string[] {
  const begins = tokenizer.encode("a", true)[0] === bos && bos !== undefined;
  const warnings: string[] = [...notes];
  if (options.addBos === "auto" && typeof addBosToken === "boolean" && addBosToken !== begins) {
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
