/** Schedule of the inner learning rate; all lengths are in inner steps. */
export interface ScheduleSettings {
  /** Peak learning rate. */
  readonly peak: number;
  /** Length of the linear warm-up from a millionth of the peak. */
  readonly warmupSteps: number;
  /** Length of the cosine decay that follows; the rate is constant afterwards. */
  readonly cosineSteps: number;
  /** Rate at the end of the cosine, as a fraction of the peak. */
  readonly floorFraction: number;
  /** Pause of the schedule, with a constant rate. */
  readonly plateau?: { readonly startStep: number; readonly steps: number };
  /** Final phase in place of the rest: warm-up to a lower peak, then linear decay to the end. */
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
 * Returns the learning rate of an inner step as a closed-form function of its number, so nothing is
 * replayed after a restart. The rate is constant past the end of the schedule.
 *
 * @param step Number of inner steps of the run before this one, including skipped ones.
 * @param restart After a loss of optimizer state: inner steps since, and length of the new warm-up.
 *
 * @example Halfway through the warm-up
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
