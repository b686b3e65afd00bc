import { join } from "node:path";
import { readTextIfAny } from "../file/read_text_if_any.ts";

/** Files beside the weights that a converted model keeps. */
export const TEXT_FILES: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "generation_config.json",
  "chat_template.jinja",
  "chat_template.json",
];

/** Texts of the files beside a model's weights, by name. */
export async function modelTexts(directory: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const name of TEXT_FILES) {
    const text = await readTextIfAny(join(directory, name));
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}
