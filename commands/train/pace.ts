import type { Engine } from "../../lib/engine/engine.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { evaluatedSamples, evaluationShape } from "../../lib/swarm/llama_evaluator.ts";
import type { TrainPlan } from "./plan.ts";

/** Cost of a window's parts on this machine, seconds. */
export interface Pace {
  /** One inner step. */
  readonly stepSeconds: number;
  /** One sample of an evaluation. */
  readonly sampleSeconds: number;
}

/** Timed steps and passes, after untimed ones: the first ones touch fresh memory. */
const TIMED = 6;
const UNTIMED = 4;
/** Time per node and window besides training and evaluation: compressing, saving. */
const NODE_SECONDS = 0.25;
/** Fraction of the time that is planned; the rest is for the report and for estimation errors. */
const PLANNED = 0.9;
/** Minimum number of windows that is worth a run. */
const WINDOWS_MIN = 2;

/** Returns the number of windows of a plan that fit into a time. */
export function windowsWithin(
  seconds: number,
  { definition, machine: { peers } }: Pick<TrainPlan, "definition" | "machine">,
  { sampleSeconds, stepSeconds }: Pace,
  windowsMax: number,
): number {
  const window = peers * definition.training.innerSteps * stepSeconds +
    evaluatedSamples(definition, peers) * sampleSeconds + (peers + 1) * NODE_SECONDS;
  return Math.max(WINDOWS_MIN, Math.min(windowsMax, Math.floor((PLANNED * seconds) / window)));
}

/** Times steps and evaluations of a plan. */
export async function measurePace(
  engine: Engine,
  { config, corpus, definition, machine: { microBatch, stepShape }, parameters }: TrainPlan,
  stopwatch: () => number,
): Promise<Pace> {
  const { batch, sequence, ...adamw } = definition.training;
  const shape = { batch: microBatch, sequence };
  const accumulate = batch / microBatch;
  const trainer = await Trainer.open(engine, config, {
    ...shape,
    accumulate,
    shape: stepShape,
    adamw,
  });
  await trainer.load(parameters);
  const samples = (count: number) => corpus.batch(Array.from({ length: count }, (_, i) => i));
  const batches = Array.from({ length: accumulate }, () => samples(microBatch));
  const stepSeconds = await timed(() => trainer.step(batches, 1e-6), stopwatch);
  await trainer.close();
  const passShape = evaluationShape(definition);
  const lossModel = await LossModel.open(engine, config, passShape);
  await lossModel.load(parameters);
  const passSeconds = await timed(() => lossModel.losses(samples(passShape.batch)), stopwatch);
  await lossModel.close();
  return { stepSeconds, sampleSeconds: passSeconds / passShape.batch };
}

async function timed(task: () => Promise<unknown>, stopwatch: () => number): Promise<number> {
  for (let i = 0; i < UNTIMED; i++) await task();
  const start = stopwatch();
  for (let i = 0; i < TIMED; i++) await task();
  return (stopwatch() - start) / TIMED;
}
