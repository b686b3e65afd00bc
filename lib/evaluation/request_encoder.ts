import { InputError } from "../input/input_error.ts";
import type { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import { stripRight } from "../python/python_text.ts";

/** Whether texts begin with the token that begins a document. */
export type BosPolicy = "auto" | "yes" | "no";

/** What an encoder needs to know besides the tokenizer. */
export interface RequestEncoderOptions {
  /** `auto` leaves it to the tokenizer's own post-processor, as the harness does. */
  readonly bos: BosPolicy;
  /** Token that begins a document; undefined where there is none. */
  readonly bosToken: number | undefined;
  /** Tokens that end a document. */
  readonly eosTokens: readonly number[];
  /** Tokens of the model's vocabulary: an id beyond them has no embedding. */
  readonly vocabularySize: number;
  /** Longest input, tokens. */
  readonly lengthMax: number;
}

/** A context and what is scored behind it, tokens. */
export interface TokenPair {
  /** Tokens that are given; at least one. */
  readonly context: readonly number[];
  /** Tokens that are scored. */
  readonly continuation: readonly number[];
}

/** Turns texts into tokens the way lm-evaluation-harness does, which decides scores. */
export class RequestEncoder {
  /** Tokens of the context of the last call: the choices of a question have one in common. */
  #last: { readonly context: string; readonly tokens: readonly number[] } | undefined;

  /** @throws InputError when the model has neither a first nor a last token. */
  constructor(readonly tokenizer: TokenizerFile, readonly options: RequestEncoderOptions) {}

  /** Token that stands before a text without context. */
  get prefix(): number {
    const { bosToken, eosTokens } = this.options;
    const prefix = bosToken ?? eosTokens[0];
    if (prefix !== undefined) return prefix;
    throw new InputError(
      "Cannot score a text without context: the model has no first and no last token, want one",
    );
  }

  /**
   * Tokens of a text.
   *
   * @throws InputError when one is not in the model's vocabulary.
   */
  encode(text: string): readonly number[] {
    const { bos, bosToken } = this.options;
    const bosText = bosToken === undefined ? undefined : this.tokenizer.token(bosToken);
    const begins = bosText !== undefined && text.startsWith(bosText);
    const tokens = this.#check(this.tokenizer.encode(text, bos === "auto" && !begins));
    const adds = bos === "yes" && bosToken !== undefined && tokens[0] !== bosToken;
    return adds ? [bosToken, ...tokens] : tokens;
  }

  /**
   * Tokens of a context and its continuation. Spaces between them belong to the continuation, and the two are
   * encoded together: where a token spans the border, the continuation begins behind as many as the context has.
   *
   * @throws InputError when the continuation is empty or longer than the model's context.
   */
  pair(context: string, continuation: string): TokenPair {
    const bare = stripRight(context);
    const rest = context.slice(bare.length) + continuation;
    return this.#checkPair(
      bare === "" ? this.#withoutContext(rest) : this.#behind(bare, rest),
    );
  }

  /**
   * A sample of tokens: what is behind the first is scored.
   *
   * @throws InputError when there is nothing behind it, too much, or a token that the model does not have.
   */
  sample(tokens: readonly number[]): TokenPair {
    return this.#checkPair({
      context: this.#check(tokens.slice(0, 1)),
      continuation: this.#check(tokens.slice(1)),
    });
  }

  /** Windows over a page in which every token is scored once, each with all the context that fits. */
  windows(page: string): TokenPair[] {
    const tokens = this.encode(page);
    const { lengthMax } = this.options;
    const windows: TokenPair[] = [];
    for (let start = 0; start < tokens.length; start += lengthMax) {
      const end = Math.min(start + lengthMax, tokens.length);
      const context = start === 0 ? [this.prefix] : tokens.slice(end - lengthMax - 1, start);
      windows.push({ context, continuation: tokens.slice(start, end) });
    }
    return windows;
  }

  #checkPair(pair: TokenPair): TokenPair {
    const { lengthMax } = this.options;
    const { length } = pair.continuation;
    if (length >= 1 && length <= lengthMax) return pair;
    throw new InputError(
      `Cannot score a continuation: it has ${length} tokens, want 1 to the ${lengthMax} of the model's context`,
    );
  }

  #withoutContext(text: string): TokenPair {
    const tokens = this.#check(this.tokenizer.encode(text, false));
    const { prefix } = this;
    const continuation = tokens[0] === prefix ? tokens.slice(1) : tokens;
    return { context: [prefix], continuation };
  }

  #behind(context: string, continuation: string): TokenPair {
    if (this.#last?.context !== context) {
      this.#last = { context, tokens: this.encode(context) };
    }
    const { tokens } = this.#last!;
    const whole = this.encode(context + continuation);
    return {
      context: tokens.length > 0 ? tokens : [this.prefix],
      continuation: whole.slice(tokens.length),
    };
  }

  #check(tokens: readonly number[]): readonly number[] {
    const { vocabularySize } = this.options;
    const outside = tokens.find((token) => token >= vocabularySize);
    if (outside === undefined) return tokens;
    const text = this.tokenizer.token(outside);
    throw new InputError(
      `Cannot score a text: token ${outside}${
        text === undefined ? "" : ` (${JSON.stringify(text)})`
      } is not in the model's vocabulary of ${vocabularySize}`,
    );
  }
}
