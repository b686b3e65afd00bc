import type { AddedToken } from "./_added_tokens.ts";
import { type FileParts, namedTokens, type TokenizerClass } from "./tokenizer_class.ts";
import {
  NAMED_TOKENS,
  type TokenizerSettings,
  type TokenProperties,
  tokenText,
} from "./tokenizer_settings.ts";

/** Upper bound of added tokens. */
const TOKENS_MAX = 1_000_000;

/**
 * Returns the added tokens with ids assigned as transformers does: ids in files are ignored; a token gets
 * its vocabulary id, or else the next free one.
 *
 * @param rebuilt Class, if any, for which the file's own tokens are not added first.
 * @throws RangeError naming what is wrong.
 */
export function addedTokenList(
  { added_tokens: own = [], model }: FileParts,
  settings: TokenizerSettings | undefined,
  rebuilt: TokenizerClass | undefined,
): AddedToken[] {
  if (!Array.isArray(own)) throw new RangeError("added_tokens is not a list");
  const vocabulary = (model?.vocab ?? {}) as Record<string, number>;
  const tokens = new Map<string, AddedToken>();
  let next = Object.keys(vocabulary).length;
  const add = (properties: TokenProperties, overrules: boolean) => {
    const content = tokenText(properties);
    if (content === undefined) {
      throw new RangeError(
        `an added token is ${JSON.stringify(properties)}, want one with content`,
      );
    }
    const known = tokens.get(content);
    if (content === "" || (known && !overrules)) return;
    if (tokens.size >= TOKENS_MAX) throw new RangeError(`more than ${TOKENS_MAX} tokens are added`);
    const id = known?.id ?? (Object.hasOwn(vocabulary, content) ? vocabulary[content] : next);
    if (id >= next) next = id + 1;
    tokens.set(content, addedToken(id, content, properties));
  };
  if (!rebuilt || !settings) { for (const token of own) add(token, true); }
  if (!settings) return [...tokens.values()];
  const { further, listed, values } = settings;
  const named = namedTokens(settings, rebuilt);
  const names = new Set([
    ...named.values(),
    ...ownNames(values).map((name) => tokenText(values[name])),
  ]);
  const extra = new Set(extraTokens(values).map(tokenText));
  const list = listed ?? new Map<number, TokenProperties>([
    ...[...further].map(([content, id]): [number, TokenProperties] => [
      id,
      { content, special: extra.has(content) },
    ]),
    ...own.map((token): [number, TokenProperties] => [Number(token.id), token]),
  ]);
  for (const [, properties] of [...list].sort(([a], [b]) => a - b)) {
    const special = properties.special === true || names.has(tokenText(properties));
    add({ ...properties, special, normalized: properties.normalized ?? !special }, true);
  }
  for (const [name, content] of named) {
    if (content === undefined) continue;
    add({ ...flagsOf(values[name]), content, special: true }, false);
  }
  for (const name of ownNames(values)) {
    const content = tokenText(values[name]);
    if (content !== undefined) add({ ...flagsOf(values[name]), content, special: true }, false);
  }
  for (const token of extraTokens(values)) {
    const isText = typeof token === "string";
    add(isText ? { content: token, special: true } : token as TokenProperties, false);
  }
  return [...tokens.values()];
}

/** Returns the keys of model-specific tokens, such as `image_token`: objects before strings. */
function ownNames(values: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(values).filter((name) =>
    /_token$/.test(name) && !NAMED_TOKENS.includes(name) && tokenText(values[name]) !== undefined
  );
  const isText = (name: string) => typeof values[name] === "string";
  return [...names.filter((name) => !isText(name)), ...names.filter(isText)];
}

function extraTokens(values: Readonly<Record<string, unknown>>): unknown[] {
  const { additional_special_tokens: older, extra_special_tokens: extra } = values;
  const specific = values.model_specific_special_tokens;
  const items = (value: unknown) =>
    typeof value === "object" && value !== null ? Object.values(value) : [];
  const chosen = items(extra).length > 0 ? items(extra) : items(older);
  return [...items(specific), ...chosen].filter((token) => tokenText(token) !== undefined);
}

function flagsOf(token: unknown): TokenProperties {
  return typeof token === "object" && token !== null ? token as TokenProperties : {};
}

function addedToken(id: number, content: string, properties: TokenProperties): AddedToken {
  const is = (key: string) => properties[key] === true;
  return {
    id,
    content,
    special: is("special"),
    normalized: is("normalized"),
    leftStrip: is("lstrip"),
    rightStrip: is("rstrip"),
    singleWord: is("single_word"),
  };
}
