/** Text to token ids and back. */
export interface Tokenizer {
  /** Number of ids; every id is less than it. */
  readonly vocabularySize: number;
  /** Id that ends a document. */
  readonly endOfText: number;
  /** Text of that token. */
  readonly endOfTextToken: string;
  /** Returns the ids of a text, without special tokens. */
  encode(text: string): ArrayLike<number> & Iterable<number>;
  /** Returns the text of ids. */
  decode(ids: number[]): string;
  /** The `tokenizer.json` that Hugging Face tools read. */
  readonly json: string;
}
