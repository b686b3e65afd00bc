/** Inner learning rate over a run; every length counts inner steps. */
export interface ScheduleSettings {
  /** Highest rate. */
  readonly peak: number;
  /** Linear rise from a millionth of the peak. */
  readonly warmupSteps: number;
  /** Length of the cosine that follows; the rate stays at its end afterwards. */
  readonly cosineSteps: number;
  /** Rate at the end of the cosine, as a fraction of the peak. */
  readonly floorFraction: number;
  /** Pause of the schedule: the rate stands still for a while. */
  readonly plateau?: { readonly startStep: number; readonly steps: number };
  /** Final phase that replaces the rest: a rise to a lower peak, then a straight line to the end. */
  readonly anneal?: {
    readonly startStep: number;
    readonly warmupSteps: number;
    readonly decaySteps: number;
    readonly peakFraction: number;
    readonly endFraction: number;
  };
}

/** Fraction of the peak at which every warm-up starts. */
const START_FRACTION = 1e-6;

/**
 * Learning rate of an inner step, as a closed-form function of its number: nothing is replayed after a
 * restart. Beyond its end the schedule stays where it ended.
 *
 * @param step Inner steps of the run before this one, skipped ones included.
 * @param restart After optimizer state was lost: inner steps since then, and the length of the new warm-up.
 *
 * @example Half way up the warm-up
 * ```ts
 * import { learningRate } from "./schedule.ts";
 * import assert from "node:assert/strict";
 *
 * const schedule = { peak: 1e-3, warmupSteps: 100, cosineSteps: 1000, floorFraction: 0.1 };
 * assert.ok(Math.abs(learningRate(schedule, 50) - 5e-4) < 1e-8);
 * assert.equal(learningRate(schedule, 5000), 1e-4);
 * ```
 */
export function learningRate(
  schedule: ScheduleSettings,
  step: number,
  restart?: { stepsSince: number; warmupSteps: number },
): number {
  const { peak, anneal } = schedule;
  if (anneal && step >= anneal.startStep) return peak * annealed(anneal, step - anneal.startStep);
  const ramp = restart ? Math.min(1, (restart.stepsSince + 1) / restart.warmupSteps) : 1;
  return ramp * peak * cosine(schedule, withoutPlateau(schedule, step));
}

function withoutPlateau({ plateau }: ScheduleSettings, step: number): number {
  if (!plateau || step < plateau.startStep) return step;
  return Math.max(plateau.startStep, step - plateau.steps);
}

function cosine(schedule: ScheduleSettings, step: number): number {
  const { warmupSteps, cosineSteps, floorFraction } = schedule;
  if (step < warmupSteps) return rise(step / warmupSteps, 1);
  const progress = cosineSteps === 0 ? 1 : Math.min(1, (step - warmupSteps) / cosineSteps);
  return floorFraction + ((1 - floorFraction) * (1 + Math.cos(Math.PI * progress))) / 2;
}

function annealed(anneal: NonNullable<ScheduleSettings["anneal"]>, step: number): number {
  const { warmupSteps, decaySteps, peakFraction, endFraction } = anneal;
  if (step < warmupSteps) return rise(step / warmupSteps, peakFraction);
  const progress = decaySteps === 0 ? 1 : Math.min(1, (step - warmupSteps) / decaySteps);
  return peakFraction + (endFraction - peakFraction) * progress;
}

function rise(progress: number, top: number): number {
  return START_FRACTION + (top - START_FRACTION) * progress;
}
