import { setImmediate } from "node:timers/promises";
import { EngineError } from "../engine/engine.ts";
import type { BatchScores, ScoringBatch, ScoringShape } from "../llama/scoring/scoring_batch.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "./language_model.ts";
import { type PackedBatch, packTrees } from "./pack_trees.ts";
import type { RequestEncoder, TokenPair } from "./request_encoder.ts";
import { ResponseCache } from "./response_cache.ts";
import { type TextTree, textTrees } from "./text_tree.ts";
import { type TextGenerator, writeAnswers } from "./write_answers.ts";

/** Scores batches of one shape in order; the subset of `Scorer` that is used here. */
export interface BatchScorer {
  /** Scores batches; `onStep` is called after each of the equal steps of a batch. */
  score(batches: readonly ScoringBatch[], onStep: () => void): AsyncIterable<BatchScores>;
  /** Steps per batch. */
  readonly stepsPerBatch: number;
}

/** Extent of a scoring run before it starts. */
export interface ScoringPlan {
  /** Number of pairs of context and continuation. */
  readonly pairs: number;
  /** Pairs that are not cached. */
  readonly missing: number;
  /** Pairs longer than the model's context, which are truncated at the start. */
  readonly cut: number;
  /** Tokens of all inputs if each ran separately. */
  readonly tokensApart: number;
  /** Tokens that are run, including padding of rows that are not full. */
  readonly tokens: number;
  /** Number of batches. */
  readonly batches: number;
  /** Shape of the largest batch. */
  readonly shape: ScoringShape;
}

/** Options of a {@linkcode CheckpointModel}. */
export interface CheckpointModelOptions {
  /** Encodes texts as tokens. */
  readonly encoder: RequestEncoder;
  /** Opens the model for scoring; called only if something has to be computed. */
  readonly open: (plan: ScoringPlan) => Promise<BatchScorer>;
  /** Opens the model for generation. */
  readonly openGenerator: (texts: number) => Promise<TextGenerator>;
  /** Returns how many texts to generate at once, given the tokens of the longest. */
  readonly writingRows: (tokens: number) => number;
  /** Cache with the answers of earlier runs. */
  readonly cache: ResponseCache;
  /** Tokens per batch. */
  readonly batchTokens: number;
  /** Whether the texts of a question share their common prefix. */
  readonly share: boolean;
  /** Called during encoding with the fraction done, from 0 to 1. */
  readonly onEncoded: (done: number) => void;
  /** Called on progress with the fraction done, from 0 to 1. */
  readonly onProgress: (done: number) => void;
  /** Aborts the work with its reason. */
  readonly signal: AbortSignal;
}

/** A probability is NaN or infinite: the model's weights are damaged. */
export class NotANumberError extends Error {
  override readonly name = "NotANumberError";
}

/** Summed log probability of a pair with its greedy flag, or the error that prevented it. */
type PairScore = readonly [number, 0 | 1] | EngineError;

/** Characters to encode before yielding to the event loop: a tenth of a second. */
const CHARACTERS_TOGETHER = 500_000;

/** Pairs of one request, or the error if it cannot be asked. */
type Asked = { readonly pairs: readonly number[] } | { readonly error: Error };

/**
 * A language model that answers from a checkpoint's probabilities. The contents of batches depend on the
 * requests alone, so that repeating an interrupted run gives bit-identical results.
 */
export class CheckpointModel implements LanguageModel {
  constructor(readonly options: CheckpointModelOptions) {}

  /** See {@linkcode LanguageModel.answer}. */
  async answer(groups: readonly (readonly ModelRequest[])[]): Promise<ModelAnswer[][]> {
    const { encoder, onEncoded, share, signal } = this.options;
    const pairs: TokenPair[] = [];
    const trees: TextTree[] = [];
    const asked: Asked[][] = [];
    let characters = CHARACTERS_TOGETHER;
    for (const requests of groups) {
      if (characters >= CHARACTERS_TOGETHER) {
        characters = 0;
        onEncoded(asked.length / groups.length);
        await setImmediate();
        signal.throwIfAborted();
      }
      characters += requests.reduce((sum, request) => sum + lengthOf(request), 1);
      const first = pairs.length;
      asked.push(requests.map((request) => this.#ask(request, pairs)));
      const numbered = pairs.slice(first).map((pair, i) => [first + i, pair] as const);
      const apart = !share || requests.some(({ kind }) => kind === "page");
      for (const bundle of apart ? numbered.map((each) => [each]) : [numbered]) {
        for (const tree of textTrees(bundle, encoder.options.lengthMax)) trees.push(tree);
      }
    }
    const scores = await this.#score(pairs, trees);
    const written = await this.#write(groups);
    return groups.map((requests, g) =>
      requests.map((request, i) =>
        request.kind === "writing" ? written.get(request)! : answerOf(request, asked[g][i], scores)
      )
    );
  }

  #ask(request: ModelRequest, pairs: TokenPair[]): Asked {
    if (request.kind === "writing") return { pairs: [] };
    try {
      const { encoder } = this.options;
      const own = request.kind === "page"
        ? encoder.windows(request.page)
        : request.kind === "tokens"
        ? [encoder.sample(request.tokens)]
        : [encoder.pair(request.context, request.continuation)];
      return { pairs: own.map((pair) => pairs.push(pair) - 1) };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      return { error: cause };
    }
  }

  /** Returns the scores of all pairs: sums over their tokens, or errors. */
  async #score(pairs: readonly TokenPair[], trees: readonly TextTree[]): Promise<PairScore[]> {
    const { batchTokens, cache, encoder, open } = this.options;
    const keys = pairs.map(({ context, continuation }) => ResponseCache.key(context, continuation));
    const missing = keys.filter((key) => cache.get(key) === undefined).length;
    const packed = packTrees(trees, batchTokens)
      .filter(({ pairs }) => pairs.some((pair) => cache.get(keys[pair]) === undefined));
    const failed = new Map<number, EngineError>();
    if (packed.length > 0) {
      const tokens = packed.reduce(
        (sum, { batch: { rows, sequence } }) => sum + rows * sequence,
        0,
      );
      const scorer = await open({
        pairs: pairs.length,
        missing,
        cut: pairs.filter((pair) => inputLength(pair) > encoder.options.lengthMax).length,
        tokensApart: pairs.reduce((sum, pair) => sum + inputLength(pair), 0),
        tokens,
        batches: packed.length,
        shape: packed[0].batch,
      });
      let done = 0;
      for (const batches of byShape(packed)) {
        const { rows, sequence } = batches[0].batch;
        const share = rows * sequence / scorer.stepsPerBatch / tokens;
        await this.#scoreShape(scorer, batches, keys, () => done += share, failed);
      }
    }
    return keys.map((key, pair) =>
      cache.get(key) as readonly [number, 0 | 1] | undefined ?? failed.get(pair)!
    );
  }

  /** Scores batches of one shape. A shape that does not fit on the device does not affect the others. */
  async #scoreShape(
    scorer: BatchScorer,
    batches: readonly PackedBatch[],
    keys: readonly string[],
    step: () => number,
    failed: Map<number, EngineError>,
  ): Promise<void> {
    const { cache, onProgress, signal } = this.options;
    let at = 0;
    try {
      const onStep = () => {
        signal.throwIfAborted();
        onProgress(step());
      };
      for await (const scores of scorer.score(batches.map(({ batch }) => batch), onStep)) {
        cache.add(summed(batches[at++].pairs, scores, keys));
      }
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause;
      for (const { pairs } of batches.slice(at)) {
        for (const pair of pairs) failed.set(pair, cause);
      }
    }
  }

  async #write(groups: readonly (readonly ModelRequest[])[]) {
    const requests = groups.flat().filter((request) => request.kind === "writing");
    const answers = await writeAnswers(requests, this.options);
    return new Map<ModelRequest, ModelAnswer>(requests.map((request, i) => [request, answers[i]]));
  }
}

function answerOf(
  request: ModelRequest,
  asked: Asked,
  scores: readonly PairScore[],
): ModelAnswer {
  if ("error" in asked) return asked.error;
  const own: (readonly [number, 0 | 1])[] = [];
  for (const pair of asked.pairs) {
    const score = scores[pair];
    if (score instanceof Error) return score;
    own.push(score);
  }
  if (request.kind === "page") return own.reduce((sum, [each]) => sum + each, 0);
  return { logProbability: own[0][0], greedy: own[0][1] === 1 };
}

function lengthOf(request: ModelRequest): number {
  if (request.kind === "page") return request.page.length;
  return request.kind === "tokens" ? request.tokens.length : request.context.length;
}

/** Sums the scores of each pair in a batch. All scores of a pair are in one batch. */
function summed(
  pairs: Int32Array,
  { greedy, logProbabilities }: BatchScores,
  keys: readonly string[],
): [string, readonly [number, 0 | 1]][] {
  const sums = new Map<number, [number, 0 | 1]>();
  pairs.forEach((pair, i) => {
    const [sum, all] = sums.get(pair) ?? [0, 1];
    sums.set(pair, [sum + logProbabilities[i], (all & greedy[i]) as 0 | 1]);
  });
  return [...sums].map(([pair, sum]) => {
    if (Number.isFinite(sum[0])) return [keys[pair], sum];
    throw new NotANumberError(`Cannot score: the model gave the probability ${Math.exp(sum[0])}`);
  });
}

function inputLength({ context, continuation }: TokenPair): number {
  return context.length + continuation.length - 1;
}

/** Groups adjacent batches of equal shape. */
function byShape<Packed extends { readonly batch: ScoringBatch }>(
  packed: readonly Packed[],
): Packed[][] {
  const groups: Packed[][] = [];
  for (const each of packed) {
    const last = groups.at(-1)?.[0].batch;
    const same = last?.rows === each.batch.rows && last.sequence === each.batch.sequence;
    if (same) groups.at(-1)!.push(each);
    else groups.push([each]);
  }
  return groups;
}
