import type { Tokenizer } from "./tokenizer.ts";
import { TokenizerError, TokenizerFile } from "./tokenizer_file.ts";

/** Names under which tokenizers keep the token that ends a document, most specific first. */
const END_TOKENS = ["<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>"];

/**
 * Tokenizer of a corpus, from the text of a `tokenizer.json`.
 *
 * @param endOfText Content of the token that ends a document; found by its usual names when left out.
 * @throws TokenizerError when the file cannot be used, or has no such token.
 */
export function jsonTokenizer(json: string, endOfText?: string): Tokenizer {
  const file = new TokenizerFile(json);
  const names = endOfText === undefined ? END_TOKENS : [endOfText];
  const end = names.find((name) => file.ids.has(name));
  if (end === undefined) {
    throw new TokenizerError(
      `Cannot read tokenizer.json: it has no end-of-text token, want one of ${names.join(", ")}`,
    );
  }
  return {
    vocabularySize: file.vocabularySize,
    endOfText: file.ids.get(end)!,
    endOfTextToken: end,
    encode: (text) => file.encode(text, false),
    decode: (tokens) => file.decode(tokens, true),
    json,
  };
}
