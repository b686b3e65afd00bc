/** Text to token ids and back. */
export interface Tokenizer {
  /** Number of ids: every id is below it. */
  readonly vocabularySize: number;
  /** Id that ends a document. */
  readonly endOfText: number;
  /** The same as the tokenizer writes it. */
  readonly endOfTextToken: string;
  /** Ids of a text, without special tokens. */
  encode(text: string): ArrayLike<number> & Iterable<number>;
  /** Text of ids. */
  decode(ids: number[]): string;
  /** The `tokenizer.json` that Hugging Face tools read. */
  readonly json: string;
}
