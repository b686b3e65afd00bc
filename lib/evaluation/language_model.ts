/** A request that an evaluation makes to a model. */
export type ModelRequest =
  /** Log probability of a continuation after a context. */
  | { readonly kind: "pair"; readonly context: string; readonly continuation: string }
  /** Rolling log-likelihood of a whole page. */
  | { readonly kind: "page"; readonly page: string }
  /** Log probability of the tokens after the first. */
  | { readonly kind: "tokens"; readonly tokens: readonly number[] }
  /** Generation of a text after a context. */
  | {
    readonly kind: "writing";
    readonly context: string;
    readonly until: readonly string[];
    readonly tokensMax: number;
  };

/** Answer to a pair. */
export interface PairAnswer {
  /** Natural log probability of the continuation. */
  readonly logProbability: number;
  /** Whether every token of the continuation was the argmax. */
  readonly greedy: boolean;
}

/**
 * Answer to a request: of the request's kind, or the error that prevented it. A page's answer is its log
 * probability.
 */
export type ModelAnswer = PairAnswer | number | string | Error;

/** A language model under evaluation. */
export interface LanguageModel {
  /**
   * Answers requests.
   *
   * @param groups Requests grouped by document, so that a shared prefix needs to be computed only once.
   * @returns Answers in the same shape.
   */
  answer(groups: readonly (readonly ModelRequest[])[]): Promise<ModelAnswer[][]>;
}
