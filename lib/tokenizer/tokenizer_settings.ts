/** Properties of a token as files tell them. */
export type TokenProperties = Readonly<Record<string, unknown>>;

/** What lies beside a `tokenizer.json` and decides how it is used. */
export interface TokenizerSettings {
  /** Keys of `tokenizer_config.json`, overruled by those of `special_tokens_map.json` where that counts. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `added_tokens_decoder`, by id; undefined where `tokenizer_config.json` has no such key. */
  readonly listed: ReadonlyMap<number, TokenProperties> | undefined;
  /** Ids of `added_tokens.json` by text; none where it does not count. */
  readonly further: ReadonlyMap<string, number>;
  /** `tokenizer_class` of `tokenizer_config.json`, else of `config.json`. */
  readonly className: string | undefined;
  /** `model_type` of `config.json`. */
  readonly modelType: string | undefined;
}

/** Names of the tokens that every tokenizer may have. */
export const NAMED_TOKENS: readonly string[] = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]
  .map((name) => `${name}_token`);

/** A token is its text, or an object that has it. */
export function tokenText(token: unknown): string | undefined {
  const isObject = typeof token === "object" && token !== null;
  const text = isObject ? (token as { content?: unknown }).content : token;
  return typeof text === "string" ? text : undefined;
}
