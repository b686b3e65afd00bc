import type { Tokenizer } from "./tokenizer.ts";
import { TokenizerError, TokenizerFile } from "./tokenizer_file.ts";

/** Usual names of the end-of-document token, most specific first. */
const END_TOKENS = ["<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>"];

/**
 * Builds a corpus tokenizer from the text of a `tokenizer.json`.
 *
 * @param endOfText Content of the end-of-document token; looked up by its usual names if omitted.
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
