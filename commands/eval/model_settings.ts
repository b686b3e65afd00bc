import { chatTemplateFile, DEFAULT_TEMPLATE } from "../../lib/checkpoint/read_chat_template.ts";
import type { ModelSettings } from "../../lib/evaluation/model/open_model.ts";
import { CONFIG_KEYS } from "../../lib/llama/model/config_file.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { RefusedRequestError } from "../command.ts";
import type { EvalOptions } from "./parse.ts";

/**
 * How the options want the model opened.
 *
 * @param nowMs The date for chat templates that ask for it.
 * @throws RefusedRequestError when an override would change nothing.
 */
export function modelSettings(options: EvalOptions, nowMs: number): ModelSettings {
  const { addBos, applyChatTemplate, chatTemplate, fewshotAsMultiturn, maxLength, override } =
    options;
  checkOverrides(override);
  return {
    override,
    tokenizer: options.tokenizer,
    lengthMax: maxLength,
    bos: addBos,
    chat: applyChatTemplate
      ? { template: chatTemplate, multiturn: fewshotAsMultiturn ?? true, nowMs }
      : undefined,
  };
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
export function refuseCode(
  { trustRemoteCode }: EvalOptions,
  { auto_map: own }: Readonly<Record<string, unknown>>,
): void {
  if (!trustRemoteCode || own === undefined) return;
  throw new RefusedRequestError(
    "Cannot trust remote code: config.json's auto_map names Python code, which is not run here",
    "leave trust_remote_code out to score the model as its model_type says",
  );
}

/** Files of the chat template that the options ask for. */
export function chatFiles(
  { applyChatTemplate, chatTemplate = DEFAULT_TEMPLATE }: EvalOptions,
): string[] {
  const file = applyChatTemplate ? chatTemplateFile(chatTemplate) : undefined;
  return file === undefined ? [] : [file];
}
