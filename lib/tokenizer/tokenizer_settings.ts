/** Properties of a token, as read from files. */
export type TokenProperties = Readonly<Record<string, unknown>>;

/** Settings from the files beside a `tokenizer.json`, which decide how it is used. */
export interface TokenizerSettings {
  /** Keys of `tokenizer_config.json`, overridden by `special_tokens_map.json` where that applies. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `added_tokens_decoder`, by id; undefined where `tokenizer_config.json` has no such key. */
  readonly listed: ReadonlyMap<number, TokenProperties> | undefined;
  /** Ids of `added_tokens.json` by text; empty where it does not apply. */
  readonly further: ReadonlyMap<string, number>;
  /** `tokenizer_class` of `tokenizer_config.json`, else of `config.json`. */
  readonly className: string | undefined;
  /** `model_type` of `config.json`. */
  readonly modelType: string | undefined;
}

/** Names of the tokens that any tokenizer may define. */
export const NAMED_TOKENS: readonly string[] = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]
  .map((name) => `${name}_token`);

/** Returns the text of a token, given as a string or an object with `content`; else undefined. */
export function tokenText(token: unknown): string | undefined {
  const isObject = typeof token === "object" && token !== null;
  const text = isObject ? (token as { content?: unknown }).content : token;
  return typeof text === "string" ? text : undefined;
}
