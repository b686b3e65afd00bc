import type { Random } from "../../random/random.ts";

/** Sampling settings. */
export interface SamplingOptions {
  /** Softmax temperature; 0 takes the argmax. */
  readonly temperature: number;
  /** Ids from this one on are never chosen, since a vocabulary may be padded. */
  readonly vocabularySize: number;
  /** Source of randomness. */
  readonly random: Random;
}

/**
 * Samples a token.
 *
 * @param logits Shape [vocabulary].
 */
export function sampleToken(
  logits: Float32Array,
  { random, temperature, vocabularySize }: SamplingOptions,
): number {
  const allowed = logits.subarray(0, vocabularySize);
  const top = allowed.reduce((best, logit, id) => (logit > allowed[best] ? id : best), 0);
  if (temperature === 0) return top;
  const weights = Float64Array.from(
    allowed,
    (logit) => Math.exp((logit - allowed[top]) / temperature),
  );
  let rest = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let id = 0; id < weights.length; id++) {
    rest -= weights[id];
    if (rest < 0) return id;
  }
  return top;
}
