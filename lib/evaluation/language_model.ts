/** What evaluations ask of a model. */
export type ModelRequest =
  /** How likely is a text behind another? */
  | { readonly kind: "pair"; readonly context: string; readonly continuation: string }
  /** How likely is a whole page? */
  | { readonly kind: "page"; readonly page: string }
  /** How likely are tokens behind the first of them? */
  | { readonly kind: "tokens"; readonly tokens: readonly number[] }
  /** What do you write behind this? */
  | {
    readonly kind: "writing";
    readonly context: string;
    readonly until: readonly string[];
    readonly tokensMax: number;
  };

/** Answer to a pair. */
export interface PairAnswer {
  /** Natural logarithm of the continuation's probability. */
  readonly logProbability: number;
  /** Whether every token of it was the argmax. */
  readonly greedy: boolean;
}

/** Answer to a request: of its kind, or why there is none. A page's is its logarithm of probability. */
export type ModelAnswer = PairAnswer | number | string | Error;

/** A model as evaluations see it. */
export interface LanguageModel {
  /**
   * Answers requests.
   *
   * @param groups Requests of one document stand together, for what they share need be computed once.
   * @returns In the same shape.
   */
  answer(groups: readonly (readonly ModelRequest[])[]): Promise<ModelAnswer[][]>;
}
