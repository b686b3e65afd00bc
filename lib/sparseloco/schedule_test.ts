import assert from "node:assert/strict";
import { learningRate, type ScheduleSettings } from "./schedule.ts";

const REFERENCE: ScheduleSettings = {
  peak: 1.3e-4,
  warmupSteps: 1500,
  cosineSteps: 140000,
  floorFraction: 0.1,
};
const ANNEAL: ScheduleSettings = {
  ...REFERENCE,
  peak: 1.17e-4,
  anneal: {
    startStep: 1000,
    warmupSteps: 100,
    decaySteps: 4500,
    peakFraction: 0.25,
    endFraction: 0,
  },
};

/** Schedule, step, wanted rate. */
const VECTORS: [ScheduleSettings, number, number][] = [
  [REFERENCE, 0, 1.3e-10],
  [REFERENCE, 1, 8.679658e-8],
  [REFERENCE, 750, 6.5000065e-5],
  [REFERENCE, 1499, 1.2991333342e-4],
  [REFERENCE, 1500, 1.3e-4],
  [REFERENCE, 1501, 1.2999999998527e-4],
  [REFERENCE, 71500, 7.15e-5],
  [REFERENCE, 141500, 1.3e-5],
  // The reference's cosine rises again here.
  [REFERENCE, 150000, 1.3e-5],
  [{ ...REFERENCE, peak: 1.17e-4 }, 750, 5.85000585e-5],
  [{ ...REFERENCE, peak: 1.17e-4 }, 71500, 6.435e-5],
  [ANNEAL, 1000, 1.17e-10 * 1],
  [ANNEAL, 1050, 1.46250585e-5],
  [ANNEAL, 1100, 2.925e-5],
  [ANNEAL, 1101, 2.92435e-5],
  [ANNEAL, 3350, 1.4625e-5],
  [ANNEAL, 5600, 0],
  [ANNEAL, 99999, 0],
];

Deno.test("learningRate matches the reference, and is constant past the end", () => {
  for (const [schedule, step, wanted] of VECTORS) {
    const found = learningRate(schedule, step);
    assert.ok(
      Math.abs(found - wanted) <= 1e-6 * wanted + 1e-20,
      `step ${step}: ${found}, want ${wanted}`,
    );
  }
});

Deno.test("learningRate is constant on a plateau and then continues where it stopped", () => {
  const schedule = { ...REFERENCE, plateau: { startStep: 50000, steps: 1000 } };
  const before = learningRate(REFERENCE, 50000);
  for (const step of [50000, 50500, 51000]) assert.equal(learningRate(schedule, step), before);
  assert.equal(learningRate(schedule, 51001), learningRate(REFERENCE, 50001));
});

Deno.test("learningRate warms up again after a restart", () => {
  const at = (stepsSince: number) => learningRate(REFERENCE, 5000, { stepsSince, warmupSteps: 30 });
  const full = learningRate(REFERENCE, 5000);
  assert.ok(Math.abs(at(0) - full / 30) < 1e-18);
  assert.equal(at(29), full);
  assert.equal(at(500), full);
});

Deno.test("learningRate accepts schedules of length zero", () => {
  assert.equal(
    learningRate({ peak: 1, warmupSteps: 0, cosineSteps: 0, floorFraction: 0.5 }, 0),
    0.5,
  );
});
