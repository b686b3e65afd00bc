import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { Tokenizer } from "./tokenizer.ts";

/** Names under which tokenizers keep the token that ends a document, most specific first. */
const END_TOKENS = ["<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>"];

/** Largest id: vocabularies of trained models are far smaller. */
const ID_MAX = 2 ** 24;

/** A tokenizer file that is not one. */
export class TokenizerError extends Error {
  override readonly name = "TokenizerError";
}

/**
 * Tokenizer from the text of a `tokenizer.json`.
 *
 * @param endOfText Content of the token that ends a document; found by its usual names when left out.
 * @throws TokenizerError when the file cannot be used, or has no such token.
 */
export function jsonTokenizer(json: string, endOfText?: string): Tokenizer {
  let ids: Map<string, number>;
  let tokenizer: HuggingFaceTokenizer;
  try {
    const file = JSON.parse(json);
    ids = vocabulary(file);
    tokenizer = new HuggingFaceTokenizer(file, {});
  } catch (cause) {
    throw new TokenizerError(`Cannot read tokenizer.json: ${(cause as Error).message}`, { cause });
  }
  const names = endOfText === undefined ? END_TOKENS : [endOfText];
  const end = names.find((name) => ids.has(name));
  if (end === undefined) {
    throw new TokenizerError(
      `Cannot read tokenizer.json: it has no end-of-text token, want one of ${names.join(", ")}`,
    );
  }
  return {
    vocabularySize: [...ids.values()].reduce((top, id) => Math.max(top, id), 0) + 1,
    endOfText: ids.get(end)!,
    endOfTextToken: end,
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (tokens) =>
      tokenizer.decode(tokens, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    json,
  };
}

/** Ids by token, each checked: a file may say anything. */
function vocabulary(file: {
  model?: { vocab?: unknown };
  added_tokens?: { id: unknown; content: unknown }[];
}): Map<string, number> {
  const vocab = file.model?.vocab ?? {};
  const entries: [unknown, unknown][] = Array.isArray(vocab)
    ? vocab.map((entry, id) => [entry[0], id])
    : Object.entries(vocab);
  for (const { id, content } of file.added_tokens ?? []) entries.push([content, id]);
  const ids = new Map<string, number>();
  for (const [token, id] of entries) {
    if (
      typeof token !== "string" || !Number.isInteger(id) || Number(id) < 0 || Number(id) > ID_MAX
    ) {
      throw new RangeError(`token ${JSON.stringify(token)} has id ${id}, want 0 to ${ID_MAX}`);
    }
    ids.set(token, Number(id));
  }
  if (ids.size === 0) throw new RangeError("it has no vocabulary");
  return ids;
}
