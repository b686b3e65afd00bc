import { InputError } from "../input/input_error.ts";
import type { ModelAnswer, ModelRequest } from "./language_model.ts";
import type { RequestEncoder } from "./request_encoder.ts";
import { ResponseCache } from "./response_cache.ts";

/** Greedy decoding; the subset of `TokenGenerator` that is used here. */
export interface TextGenerator {
  /** Generates tokens for each prompt; `isDone` reports whether a text is complete. */
  generate(
    prompts: readonly (readonly number[])[],
    options: {
      readonly tokensMax: number;
      readonly isDone: (row: number, written: readonly number[]) => boolean;
      readonly onStep: () => void;
    },
  ): Promise<number[][]>;
}

/** Options of answer generation. */
export interface WriteAnswersOptions {
  /** Encodes texts as tokens. */
  readonly encoder: RequestEncoder;
  /** Opens the model; called only if something has to be generated. */
  readonly openGenerator: (texts: number) => Promise<TextGenerator>;
  /** Returns how many texts to generate at once, given the tokens of the longest. */
  readonly writingRows: (tokens: number) => number;
  /** Cache with the answers of earlier runs. */
  readonly cache: ResponseCache;
  /** Called on progress with the fraction done, from 0 to 1. */
  readonly onProgress: (done: number) => void;
  /** Aborts the work with its reason. */
  readonly signal: AbortSignal;
}

type WritingRequest = ModelRequest & { readonly kind: "writing" };

interface Job {
  readonly request: WritingRequest;
  readonly prompt: readonly number[];
  readonly key: string;
}

/** Generates answers as lm-evaluation-harness does: greedily, up to the first stop text. */
export async function writeAnswers(
  requests: readonly WritingRequest[],
  options: WriteAnswersOptions,
): Promise<ModelAnswer[]> {
  const { cache, encoder, onProgress, openGenerator } = options;
  const jobs = requests.map((request) => jobOf(request, encoder));
  const sorted = jobs.filter((job): job is Job => !(job instanceof Error))
    .sort((a, b) => b.prompt.length - a.prompt.length);
  const batches: Job[][] = [];
  for (const job of sorted) {
    const last = batches.at(-1);
    const [first] = last ?? [job];
    const { tokensMax } = first.request;
    const rows = options.writingRows(first.prompt.length + tokensMax);
    const fits = last && last.length < rows && tokensMax === job.request.tokensMax;
    if (fits) last.push(job);
    else batches.push([job]);
  }
  const open = batches.filter((batch) => batch.some(({ key }) => cache.get(key) === undefined));
  const generator = open.length > 0
    ? await openGenerator(open.reduce((sum, { length }) => sum + length, 0))
    : undefined;
  for (const [done, batch] of open.entries()) {
    const texts = await writeBatch(generator!, batch, options);
    cache.add(batch.map(({ key }, i) => [key, texts[i]]));
    onProgress((done + 1) / open.length);
  }
  return jobs.map((job) => job instanceof Error ? job : cache.get(job.key) as string);
}

async function writeBatch(
  generator: TextGenerator,
  batch: readonly Job[],
  { encoder, signal }: WriteAnswersOptions,
): Promise<string[]> {
  const { eosTokens } = encoder.options;
  const stops = batch.map(({ request }) => stopsOf(request, encoder));
  const text = (written: readonly number[]) => encoder.tokenizer.decode(written, true);
  const written = await generator.generate(batch.map(({ prompt }) => prompt), {
    tokensMax: batch[0].request.tokensMax,
    isDone: (row, ids) => {
      if (eosTokens.includes(ids.at(-1)!)) return true;
      // Special tokens are included here, since they may be stop texts.
      const so = encoder.tokenizer.decode(ids, false);
      return stops[row].some((stop) => so.includes(stop));
    },
    onStep: () => signal.throwIfAborted(),
  });
  return written.map((ids, row) => {
    const whole = text(eosTokens.includes(ids.at(-1)!) ? ids.slice(0, -1) : ids);
    return stops[row].reduce((so, stop) => so.split(stop)[0], whole);
  });
}

/** Returns the stop texts of a request, including the text of the EOS token. */
function stopsOf({ until }: WritingRequest, { options, tokenizer }: RequestEncoder): string[] {
  const end = tokenizer.token(options.eosTokens[0] ?? -1);
  return [...until, ...(end === undefined ? [] : [end])].filter((stop) => stop !== "");
}

/**
 * Returns the prompt and cache key of a request. A prompt that leaves no room for the answer is truncated at
 * the start.
 */
function jobOf(request: WritingRequest, encoder: RequestEncoder): Job | Error {
  const { context, tokensMax, until } = request;
  const room = encoder.options.lengthMax - tokensMax;
  if (room < 1) {
    return new InputError(
      `Cannot generate an answer: ${tokensMax} tokens do not fit into the model's context of ${encoder.options.lengthMax}`,
    );
  }
  try {
    const tokens = encoder.encode(context);
    const prompt = tokens.length > 0 ? tokens.slice(-room) : [encoder.prefix];
    return {
      request,
      prompt,
      key: ResponseCache.key(prompt, JSON.stringify([until, tokensMax, encoder.options.eosTokens])),
    };
  } catch (cause) {
    if (cause instanceof RangeError) return cause;
    throw cause;
  }
}
