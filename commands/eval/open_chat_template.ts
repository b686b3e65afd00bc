import { DEFAULT_TEMPLATE, readChatTemplate } from "../../lib/checkpoint/read_chat_template.ts";
import type { TokenizerSettingFiles } from "../../lib/checkpoint/read_tokenizer_settings.ts";
import type { TokenizerFile } from "../../lib/tokenizer/tokenizer_file.ts";
import { ChatTemplate } from "../../lib/template/chat_template.ts";
import type { EvalOptions } from "./parse.ts";
import { RefusedRequestError } from "../command.ts";

/**
 * The chat template that the options ask for; undefined where they ask for none.
 *
 * @param directory Directory of the tokenizer: the model's, unless another was given.
 * @param nowMs The date for templates that ask for it.
 * @throws RefusedRequestError when the model has no such template.
 */
export async function openChatTemplate(
  { applyChatTemplate, chatTemplate = DEFAULT_TEMPLATE, fewshotAsMultiturn, model }: EvalOptions,
  directory: string,
  settings: TokenizerSettingFiles,
  named: TokenizerFile["named"],
  nowMs: number,
): Promise<ChatTemplate | undefined> {
  if (!applyChatTemplate) return undefined;
  const found = await readChatTemplate(directory, settings, chatTemplate);
  if (typeof found === "string") {
    const tokens = Object.fromEntries([...named].filter(([, text]) => text)) as Record<
      string,
      string
    >;
    return new ChatTemplate(found, { tokens, multiturn: fewshotAsMultiturn ?? true, nowMs });
  }
  if (found.length === 0) {
    throw new RefusedRequestError(
      `Cannot use the chat template ${JSON.stringify(chatTemplate)} of ${model}: it has none`,
      "a model without one goes on with texts: ask without --apply-chat-template and --chat-template",
    );
  }
  throw new RefusedRequestError(
    `Cannot use the chat template ${JSON.stringify(chatTemplate)} of ${model}: it has ${
      found.join(", ")
    }`,
    "give one of them with --chat-template NAME",
  );
}
