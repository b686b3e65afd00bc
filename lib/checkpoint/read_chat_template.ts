import { existsSync } from "node:fs";
import { join } from "node:path";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import { readTextIfAny } from "../file/read_text_if_any.ts";
import type { TokenizerSettingFiles } from "./read_tokenizer_settings.ts";

/** Name of the default template of a model. */
export const DEFAULT_TEMPLATE = "default";
/** Longest template file, bytes. */
const BYTES_MAX = 1_000_000;

/** Returns the file of a model's chat template, as in transformers; undefined for an invalid name. */
export function chatTemplateFile(name: string): string | undefined {
  if (name === DEFAULT_TEMPLATE) return "chat_template.jinja";
  return /^[\w-]+$/.test(name) ? `additional_chat_templates/${name}.jinja` : undefined;
}

/**
 * Reads a chat template of a model: from its own file, else from the settings of its tokenizer.
 *
 * @returns Its source; if it does not exist, the names of those that do.
 * @throws CorruptFileError when the file or the settings are not valid.
 */
export async function readChatTemplate(
  directory: string,
  { chatTemplate, path }: TokenizerSettingFiles,
  name: string,
): Promise<string | readonly string[]> {
  const file = chatTemplateFile(name);
  const source = file && await readTextIfAny(join(directory, file), BYTES_MAX);
  if (source !== undefined) return source;
  // A file of the default template overrides all templates of the settings.
  if (existsSync(join(directory, chatTemplateFile(DEFAULT_TEMPLATE)!))) return [DEFAULT_TEMPLATE];
  if (chatTemplate === undefined || chatTemplate === null) return [];
  const entries = typeof chatTemplate === "string"
    ? [{ name: DEFAULT_TEMPLATE, template: chatTemplate }]
    : Array.isArray(chatTemplate)
    ? chatTemplate
    : [undefined];
  const sources = new Map(entries.map((entry) => {
    const { name, template } = (entry ?? {}) as { name?: unknown; template?: unknown };
    if (typeof name === "string" && typeof template === "string") return [name, template];
    throw new CorruptFileError(
      `Cannot read ${path}: chat_template is neither a string nor a list of named templates`,
    );
  }));
  return sources.get(name) ?? [...sources.keys()].sort();
}
