import { join } from "node:path";
import { parseJsonObject } from "./parse_json_object.ts";
import { readTextIfAny } from "./read_text_if_any.ts";

/** Names of special tokens in settings. */
const TOKENS = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map((name) => `${name}_token`);

/** What lies beside a `tokenizer.json` and says how it is used. */
export interface TokenizerSettings {
  /** Texts of special tokens by names such as `bos_token`; undefined where the files say that there is none. */
  readonly special: ReadonlyMap<string, string | undefined>;
  /** Tokens that are added to, or changed in, those of `tokenizer.json`: their properties by their texts. */
  readonly added: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** `add_bos_token`, whatever it is. */
  readonly addBosToken: unknown;
  /** `chat_template`, whatever it is. */
  readonly chatTemplate: unknown;
  /** File that they are from. */
  readonly path: string;
}

/**
 * Reads `tokenizer_config.json` as transformers does: where it does not list the added tokens,
 * `special_tokens_map.json` overrules it.
 *
 * @throws CorruptFileError when one of them is no JSON object.
 */
export async function readTokenizerSettings(directory: string): Promise<TokenizerSettings> {
  const [path, mapPath] = ["tokenizer_config.json", "special_tokens_map.json"]
    .map((name) => join(directory, name));
  const config = parseJsonObject(path, await readTextIfAny(path) ?? "{}");
  const listed = config.added_tokens_decoder;
  const isListed = typeof listed === "object" && listed !== null;
  const map = isListed ? {} : parseJsonObject(mapPath, await readTextIfAny(mapPath) ?? "{}");
  const all: Record<string, unknown> = { ...config, ...map };
  const added = Object.values(isListed ? listed : {}).flatMap((token) => {
    const text = textOf(token);
    return text === undefined ? [] : [[text, token as Record<string, unknown>] as const];
  });
  const special = new Map(
    TOKENS.filter((name) => name in all).map((name) => [name, textOf(all[name])]),
  );
  // Models may name tokens of their own, such as image_token.
  const own = Object.keys(all).filter((name) => /_token$/.test(name) && !TOKENS.includes(name));
  const further = [all.additional_special_tokens, all.extra_special_tokens]
    .flatMap((list) => typeof list === "object" && list !== null ? Object.values(list) : []);
  const tokens = new Map<string, Readonly<Record<string, unknown>>>(added);
  for (const token of [...[...TOKENS, ...own].map((name) => all[name]), ...further]) {
    const text = textOf(token);
    if (text === undefined || tokens.has(text)) continue;
    tokens.set(text, typeof token === "object" ? { ...token, isNew: true } : { isNew: true });
  }
  return {
    special,
    added: tokens,
    addBosToken: config.add_bos_token,
    chatTemplate: config.chat_template,
    path,
  };
}

/** A token is its text, or an object that has it. */
function textOf(token: unknown): string | undefined {
  const isObject = typeof token === "object" && token !== null;
  const text = isObject ? (token as { content?: unknown }).content : token;
  return typeof text === "string" ? text : undefined;
}
