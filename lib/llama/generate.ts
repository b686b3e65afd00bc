import type { Random } from "../random/random.ts";
import type { LogitsModel } from "./logits.ts";

/** How tokens are chosen. */
export interface GenerateOptions {
  /** Tokens to make at most. */
  readonly count: number;
  /** Softmax temperature; 0 takes the likeliest token. */
  readonly temperature: number;
  /** Ids that end the text; they are not returned. */
  readonly stop: readonly number[];
  /** Ids from here on are never chosen: a vocabulary may be padded. */
  readonly vocabularySize: number;
  /** Ends the generation with its reason. */
  readonly signal: AbortSignal;
  /** Told of each token. */
  readonly onToken?: () => void;
  /** Source of choices. */
  readonly random: Random;
}

/**
 * Continues a text token by token. Beyond the model's context the oldest tokens are forgotten.
 *
 * @param prompt At least one token.
 * @returns New tokens only.
 */
export async function generate(
  model: LogitsModel,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<number[]> {
  const text = [...prompt];
  while (text.length - prompt.length < options.count) {
    options.signal.throwIfAborted();
    const seen = text.slice(-model.sequence);
    const tokens = new Int32Array(model.sequence);
    tokens.set(seen);
    const logits = await model.logits(tokens, Int32Array.of(seen.length - 1));
    const next = choose(logits.subarray(0, options.vocabularySize), options);
    if (options.stop.includes(next)) break;
    text.push(next);
    options.onToken?.();
  }
  return text.slice(prompt.length);
}

function choose(logits: Float32Array, { temperature, random }: GenerateOptions): number {
  const top = logits.reduce((best, value, id) => (value > logits[best] ? id : best), 0);
  if (temperature === 0) return top;
  const weights = Float64Array.from(
    logits,
    (value) => Math.exp((value - logits[top]) / temperature),
  );
  let rest = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let id = 0; id < weights.length; id++) {
    rest -= weights[id];
    if (rest < 0) return id;
  }
  return top;
}
