import { TaskFileError } from "./task_file_error.ts";

/** Generation settings of a task. */
export interface GenerationSettings {
  /** Texts that end an answer. */
  readonly until: readonly string[];
  /** Maximum answer length, in tokens. */
  readonly tokensMax: number;
  /** Settings as recorded in sample files. */
  readonly generation: Readonly<Record<string, unknown>>;
}

const TOKENS_DEFAULT = 256;
const TOKENS_MAX = 1_000_000;
/** Keys for the maximum answer length, in order of precedence. */
const LENGTHS = ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"];
/** Keys that greedy decoding supports or ignores. */
const HARMLESS = ["until", "do_sample", "temperature", "top_p", "top_k", ...LENGTHS];

/**
 * Reads `generation_kwargs`; without them, decoding is greedy and answers end at the example
 * separator.
 *
 * @throws TaskFileError for sampling, and for keys that would change an answer.
 */
export function generationOf(
  path: string,
  given: Readonly<Record<string, unknown>> | null | undefined,
  exampleGap: string,
): GenerationSettings {
  const fail = (what: string): never => {
    throw new TaskFileError(`Cannot read task ${path}: generation_kwargs has ${what}`);
  };
  if (!given) {
    const until = [exampleGap];
    const generation = { temperature: 0, do_sample: false, max_gen_toks: TOKENS_DEFAULT, until };
    return { until, tokensMax: TOKENS_DEFAULT, generation };
  }
  const other = Object.keys(given).find((key) => !HARMLESS.includes(key));
  if (other !== undefined) fail(`${other}, which is not supported: decoding is greedy`);
  const samples = given.do_sample === true ||
    (given.do_sample !== false && Number(given.temperature ?? 0) > 0);
  if (samples) fail("sampling, which is not supported: decoding is greedy");
  const until = given.until === undefined ? [exampleGap] : [given.until].flat();
  if (!until.every((text) => typeof text === "string")) fail("until that is not text");
  const length = LENGTHS.map((key) => given[key]).find((value) =>
    value !== undefined && value !== null
  );
  const tokensMax = Math.trunc(Number(length ?? TOKENS_DEFAULT));
  if (!(tokensMax >= 1 && tokensMax <= TOKENS_MAX)) fail(`the length ${length}`);
  const generation = {
    ...given,
    ...(typeof given.temperature === "string" ? { temperature: Number(given.temperature) } : {}),
    ...(given.until === undefined ? { until } : {}),
  };
  return { until: until as string[], tokensMax, generation };
}
