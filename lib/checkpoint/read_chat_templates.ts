import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CorruptFileError } from "./corrupt_file_error.ts";
import { parseJsonObject } from "./parse_json_object.ts";
import { readTextIfAny } from "./read_text_if_any.ts";

/** Folder of further templates, as transformers names it. */
export const CHAT_TEMPLATE_FOLDER = "additional_chat_templates";
const ENDING = ".jinja";
/** Templates of one model at most. */
const COUNT_MAX = 100;
/** Tokens that templates may name. */
const TOKENS = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map((name) => `${name}_token`);

/** Chat templates of a model, and what they may name. */
export interface ChatTemplates {
  /** Sources by name; what the model itself would use is "default". */
  readonly sources: ReadonlyMap<string, string>;
  /** Texts of special tokens, by names such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
}

/**
 * Reads the chat templates of a model directory: from files of their own, else from `tokenizer_config.json`.
 *
 * @throws CorruptFileError when something there is no template.
 */
export async function readChatTemplates(directory: string): Promise<ChatTemplates> {
  const path = join(directory, "tokenizer_config.json");
  const config = parseJsonObject(path, await readTextIfAny(path) ?? "{}");
  const ofFiles = await templateFiles(directory);
  const sources = ofFiles.size > 0 ? ofFiles : templatesOf(path, config.chat_template);
  const tokens = TOKENS.flatMap((name) => {
    const value = config[name] as { content?: unknown } | string | null | undefined;
    const text = typeof value === "object" ? value?.content : value;
    return typeof text === "string" ? [[name, text]] : [];
  });
  return { sources, tokens: Object.fromEntries(tokens) };
}

/** Whether a file of a repository holds a chat template. */
export function isChatTemplateFile(name: string): boolean {
  return name === `chat_template${ENDING}` ||
    new RegExp(`^${CHAT_TEMPLATE_FOLDER}/[\\w-]+\\${ENDING}$`).test(name);
}

async function templateFiles(directory: string): Promise<Map<string, string>> {
  const further = await readdir(join(directory, CHAT_TEMPLATE_FOLDER)).catch((cause) => {
    if (cause.code !== "ENOENT") throw cause;
    return [];
  });
  const names = [
    `chat_template${ENDING}`,
    ...further.sort().map((name) => `${CHAT_TEMPLATE_FOLDER}/${name}`),
  ]
    .filter(isChatTemplateFile).slice(0, COUNT_MAX);
  const sources = new Map<string, string>();
  for (const name of names) {
    const source = await readTextIfAny(join(directory, name));
    const key = name.startsWith(CHAT_TEMPLATE_FOLDER)
      ? name.slice(CHAT_TEMPLATE_FOLDER.length + 1, -ENDING.length)
      : "default";
    if (source !== undefined) sources.set(key, source);
  }
  return sources;
}

function templatesOf(path: string, value: unknown): Map<string, string> {
  if (value === undefined || value === null) return new Map();
  if (typeof value === "string") return new Map([["default", value]]);
  const entries = Array.isArray(value) ? value.slice(0, COUNT_MAX) : [undefined];
  return new Map(entries.map((entry) => {
    const { name, template } = (entry ?? {}) as { name?: unknown; template?: unknown };
    if (typeof name === "string" && typeof template === "string") return [name, template];
    throw new CorruptFileError(
      `Cannot read ${path}: chat_template is neither a text nor a list of templates with names`,
    );
  }));
}
