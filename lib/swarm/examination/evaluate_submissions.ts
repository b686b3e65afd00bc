import { upperMedian } from "../../sparseloco/median.ts";
import { drawWithoutReplacement } from "../../corpus/assign_samples.ts";
import type { Corpus } from "../../corpus/corpus.ts";
import type { Evaluation } from "../../gauntlet/observation.ts";
import { ownDataExcess, type SequenceLosses } from "../../gauntlet/own_data_evidence.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { tensorNorm } from "../../sparseloco/aggregate.ts";
import { applySubmissions } from "../apply_submissions.ts";
import { drawsOf } from "./draws.ts";
import type { Evaluator } from "../evaluator.ts";
import type { Submission } from "./examine_submission.ts";
import type { RunDefinition } from "../run_definition.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

/** Run and window of an evaluation. */
export interface EvaluationContext {
  /** Definition of the run. */
  readonly definition: RunDefinition;
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** Parameters at the start of the window. */
  readonly before: ParameterValues;
  /** Measures losses. */
  readonly evaluator: Evaluator;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Number of the window. */
  readonly window: number;
  /** Unpredictable; determines which samples are evaluated. */
  readonly nonce: string;
}

/** Losses under one state, by sample. */
type LossesBySample = Map<number, number>;

/**
 * Evaluates submissions one by one: losses on samples that the peer was assigned and on samples that no
 * evaluated peer was assigned, before and after a fraction of its step. Losses before and under the common
 * step are computed once for all peers.
 *
 * @param chosen Submissions to evaluate, ascending by uid.
 * @param accepted Submissions of the common step, ascending by uid.
 */
export async function evaluateSubmissions(
  chosen: readonly Submission[],
  accepted: readonly Submission[],
  context: EvaluationContext,
): Promise<Map<number, Evaluation>> {
  const evaluations = new Map<number, Evaluation>();
  if (chosen.length === 0) return evaluations;
  const { before, evaluator } = context;
  const { ownOf, random } = drawSamples(chosen.map(({ uid }) => uid), context);
  const all = [...new Set([...random, ...[...ownOf.values()].flat()])].sort((a, b) => a - b);
  const measure = async (parameters: ParameterValues, samples: number[]) => {
    const losses = await evaluator.losses(parameters, samples);
    return new Map(samples.map((sample, i) => [sample, losses[i]]));
  };
  // As in the outer step, a larger norm alone must not be rewarded.
  const norms = (accepted.length > 0 ? accepted : chosen).map(({ tensors }) =>
    tensors.map(tensorNorm)
  );
  // Upper median, so that a near-zero submission cannot scale the other one to nothing.
  const normsMax = context.shapes.map((_, i) => upperMedian(norms.map((each) => each[i])));
  const beforeLosses = await measure(before, all);
  const commonLosses = accepted.length > 0
    ? await measure(afterStep(accepted, context), all)
    : beforeLosses;
  for (const submission of chosen) {
    const own = ownOf.get(submission.uid)!;
    const state = afterStep([submission], context, normsMax);
    const after = await measure(state, [...random, ...own]);
    const lossesOn = (samples: number[]): SequenceLosses => ({
      before: lossesOf(beforeLosses, samples),
      common: lossesOf(commonLosses, samples),
      after: lossesOf(after, samples),
    });
    evaluations.set(submission.uid, evaluation(lossesOn(own), lossesOn(random)));
  }
  return evaluations;
}

/** Draws samples of each peer, and samples that none of them was assigned. */
function drawSamples(
  uids: readonly number[],
  { corpus, definition: { gauntlet, training }, nonce, window }: EvaluationContext,
): { ownOf: Map<number, number[]>; random: number[] } {
  const { ownSamples, randomSamples } = gauntlet.evaluation;
  const assigned = new Map(uids.map((uid) => [
    uid,
    [...new Set(corpus.assigned(uid, window, training.innerSteps * training.batch))],
  ]));
  const taken = new Set([...assigned.values()].flat());
  const draw = (count: number, of: number, purpose: string) => {
    const seed = Math.floor(drawsOf(nonce, purpose).uniform() * 2 ** 32);
    return [...drawWithoutReplacement(of, Math.min(count, of), seed)];
  };
  const free = draw(randomSamples + taken.size, corpus.trainSamples, "random")
    .filter((sample) => !taken.has(sample)).slice(0, randomSamples);
  const ownOf = new Map([...assigned].map(([uid, samples]) => [
    uid,
    draw(ownSamples, samples.length, `own ${uid}`).map((index) => samples[index]),
  ]));
  // If a small corpus was assigned entirely, the held-out part serves for comparison.
  const random = free.length >= 2 ? free : corpus.heldOut(randomSamples);
  return { ownOf, random };
}

/** Returns the state after a fraction of an outer step with these submissions. */
function afterStep(
  submissions: readonly Submission[],
  { before, definition: { gauntlet, sparseloco }, shapes }: EvaluationContext,
  normsMax?: readonly number[],
): ParameterValues {
  return applySubmissions(shapes, before, submissions, {
    ...sparseloco,
    ...(normsMax ? { normsMax } : {}),
    outerLearningRate: sparseloco.outerLearningRate * gauntlet.evaluation.stepFactor,
  });
}

function evaluation(own: SequenceLosses, random: SequenceLosses): Evaluation {
  return {
    ownBefore: mean(own.before),
    ownAfter: mean(own.after),
    randomBefore: mean(random.before),
    randomAfter: mean(random.after),
    excess: ownDataExcess(own, random),
  };
}

function lossesOf(losses: LossesBySample, samples: readonly number[]): Float64Array {
  return Float64Array.from(samples, (sample) => losses.get(sample)!);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
