import type { Corpus } from "../corpus/corpus.ts";
import type { BatchShape } from "../llama/training/gradient_pass.ts";
import type { LossModel } from "../llama/training/loss_model.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Evaluator } from "./evaluator.ts";
import type { RunDefinition } from "./run_definition.ts";

/** Approximate number of tokens per evaluation pass. */
const PASS_TOKENS = 2048;

/** Returns the micro-batch shape of an evaluation, the same on every machine and in every replay of a run. */
export function evaluationShape(
  { training: { sequence } }: Pick<RunDefinition, "training">,
): BatchShape {
  return { batch: Math.max(1, Math.round(PASS_TOKENS / sequence)), sequence };
}

/** Returns the maximum number of samples that a validator runs through the model per window. */
export function evaluatedSamples(
  { gauntlet: { evaluation } }: RunDefinition,
  peers: number,
): number {
  const { ownSamples, peersPerWindow, randomSamples } = evaluation;
  const evaluated = Math.min(peers, peersPerWindow);
  const common = randomSamples + evaluated * ownSamples;
  return 2 * common + evaluated * (randomSamples + ownSamples);
}

/** An evaluator backed by one loss model; concurrent calls are queued. */
export class LlamaEvaluator implements Evaluator {
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param model Owned by the caller, which closes it.
   * @param onSamples Called after each batch with its number of samples.
   */
  constructor(
    readonly model: LossModel,
    readonly corpus: Corpus,
    readonly onSamples: (count: number) => void = () => {},
  ) {}

  /** See {@linkcode Evaluator.losses}. */
  losses(parameters: ParameterValues, samples: ArrayLike<number>): Promise<Float64Array> {
    const result = this.#turn.then(() => this.#measure(parameters, samples));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #measure(parameters: ParameterValues, samples: ArrayLike<number>): Promise<Float64Array> {
    await this.model.load(parameters);
    const { batch } = this.model.shape;
    const found = new Float64Array(samples.length);
    for (let at = 0; at < samples.length; at += batch) {
      const count = Math.min(batch, samples.length - at);
      // The graph has a fixed batch size: the last batch is padded with its first sample.
      const rows = Array.from({ length: batch }, (_, i) => samples[at + (i < count ? i : 0)]);
      const losses = await this.model.losses(this.corpus.batch(rows));
      for (let i = 0; i < count; i++) found[at + i] = losses[i];
      this.onSamples(count);
    }
    return found;
  }
}
