import { InputError } from "../input/input_error.ts";
import type { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import { stripRight } from "../python/python_text.ts";

/** Whether texts begin with BOS. */
export type BosPolicy = "auto" | "yes" | "no";

/** Options of a {@linkcode RequestEncoder}. */
export interface RequestEncoderOptions {
  /** `auto` leaves BOS to the tokenizer's post-processor, as the harness does. */
  readonly bos: BosPolicy;
  /** BOS token; undefined if there is none. */
  readonly bosToken: number | undefined;
  /** EOS tokens. */
  readonly eosTokens: readonly number[];
  /** Size of the model's vocabulary; ids beyond it have no embedding. */
  readonly vocabularySize: number;
  /** Maximum input length, in tokens. */
  readonly lengthMax: number;
}

/** Tokens of a context and of the continuation to score. */
export interface TokenPair {
  /** Context tokens, at least one. */
  readonly context: readonly number[];
  /** Scored tokens. */
  readonly continuation: readonly number[];
}

/** Encodes texts as tokens like lm-evaluation-harness, since tokenization affects scores. */
export class RequestEncoder {
  /** Context tokens of the last call, since the choices of a question share a context. */
  #last: { readonly context: string; readonly tokens: readonly number[] } | undefined;

  /** @throws InputError when the model has neither a first nor a last token. */
  constructor(readonly tokenizer: TokenizerFile, readonly options: RequestEncoderOptions) {}

  /**
   * Token before a text without context: BOS, else the first EOS token.
   *
   * @throws RangeError if the model has neither.
   */
  get prefix(): number {
    const { bosToken, eosTokens } = this.options;
    const prefix = bosToken ?? eosTokens[0];
    if (prefix !== undefined) return prefix;
    throw new InputError(
      "Cannot score a text without context: the model has neither BOS nor EOS token, want one",
    );
  }

  /**
   * Returns the tokens of a text.
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
   * Returns the tokens of a context and its continuation. Spaces between them belong to the continuation, and
   * the two are encoded together: the continuation starts after as many tokens as the context alone has, even
   * if a token spans the boundary.
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
   * Returns a sample of tokens as a pair in which all tokens after the first are scored.
   *
   * @throws InputError when there is nothing behind it, too much, or a token that the model does not have.
   */
  sample(tokens: readonly number[]): TokenPair {
    return this.#checkPair({
      context: this.#check(tokens.slice(0, 1)),
      continuation: this.#check(tokens.slice(1)),
    });
  }

  /**
   * Splits a page into rolling-loglikelihood windows that score every token once, each window with all the
   * context that fits.
   */
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
      `Cannot score a continuation: it has ${length} tokens, want 1 to ${lengthMax}, the model's context`,
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
