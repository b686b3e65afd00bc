import { DEFAULT_TEMPLATE, readChatTemplate } from "../../checkpoint/read_chat_template.ts";
import type { TokenizerSettingFiles } from "../../checkpoint/read_tokenizer_settings.ts";
import { ChatTemplate } from "../../template/chat_template.ts";
import type { TokenizerFile } from "../../tokenizer/tokenizer_file.ts";
import { ModelSettingError } from "./model_setting_error.ts";

/** How chats are written. */
export interface ChatSettings {
  /** Name of the template; undefined for the model's default one. */
  readonly template?: string | undefined;
  /** Whether few-shot examples are turns of their own. */
  readonly multiturn: boolean;
  /** The date for templates that ask for it, milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Opens one of a tokenizer's chat templates.
 *
 * @param directory Directory of the tokenizer.
 * @param named Special tokens, by the names that templates use.
 * @throws ModelSettingError when there is no such template.
 */
export async function openChatTemplate(
  directory: string,
  files: TokenizerSettingFiles,
  named: TokenizerFile["named"],
  { multiturn, nowMs, template = DEFAULT_TEMPLATE }: ChatSettings,
): Promise<ChatTemplate> {
  const found = await readChatTemplate(directory, files, template);
  if (typeof found === "string") {
    const tokens: Record<string, string> = {};
    for (const [name, text] of named) if (text) tokens[name] = text;
    return new ChatTemplate(found, { tokens, multiturn, nowMs });
  }
  throw new ModelSettingError(
    "chatTemplate",
    `Cannot use the chat template ${JSON.stringify(template)}: the model has ${
      found.join(", ") || "none"
    }`,
  );
}
