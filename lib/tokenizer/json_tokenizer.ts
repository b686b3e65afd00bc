import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { Tokenizer } from "./tokenizer.ts";

/** Names under which tokenizers keep the token that ends a document, most specific first. */
const END_TOKENS = ["<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>"];

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
  let file: { model?: { vocab?: unknown }; added_tokens?: { id: number; content: string }[] };
  let tokenizer: HuggingFaceTokenizer;
  try {
    file = JSON.parse(json);
    tokenizer = new HuggingFaceTokenizer(file, {});
  } catch (cause) {
    throw new TokenizerError(`Cannot read tokenizer.json: ${(cause as Error).message}`, { cause });
  }
  const ids = vocabulary(file);
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
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (tokens) =>
      tokenizer.decode(tokens, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    json,
  };
}

function vocabulary(
  file: { model?: { vocab?: unknown }; added_tokens?: { id: number; content: string }[] },
) {
  const vocab = file.model?.vocab;
  const ids = new Map<string, number>();
  if (Array.isArray(vocab)) vocab.forEach(([token], id) => ids.set(token, id));
  else for (const [token, id] of Object.entries(vocab ?? {})) ids.set(token, Number(id));
  for (const { id, content } of file.added_tokens ?? []) ids.set(content, id);
  if (ids.size === 0) throw new TokenizerError("Cannot read tokenizer.json: it has no vocabulary");
  return ids;
}
