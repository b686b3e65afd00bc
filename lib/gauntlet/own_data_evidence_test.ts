import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import {
  addEvidence,
  type Evidence,
  evidenceDeviations,
  NO_EVIDENCE,
  ownDataExcess,
  type SequenceLosses,
} from "./own_data_evidence.ts";

const f = (i: number) => Math.sin(i * 1.7) + 0.3 * Math.cos(i * i);

function losses(count: number, at: (i: number) => [number, number, number]): SequenceLosses {
  const rows = Array.from({ length: count }, (_, i) => at(i));
  const [before, after, common] = [0, 1, 2].map((k) => Float64Array.from(rows, (row) => row[k]));
  return { before, after, common };
}

Deno.test("ownDataExcess is the t-value of numpy's least squares", () => {
  const own = losses(7, (i) => [
    3 + f(i),
    2.9 + 0.9 * f(i) - 0.05 * Math.sin(i * 3),
    2.95 + 0.92 * f(i) - 0.02 * Math.cos(i * 5),
  ]);
  const random = losses(9, (i) => [
    3 + f(i + 20),
    2.93 + 0.9 * f(i + 20) - 0.05 * Math.sin(i * 2 + 1),
    2.95 + 0.92 * f(i + 20) - 0.02 * Math.cos(i * 7),
  ]);
  assert.ok(Math.abs(ownDataExcess(own, random) - NUMPY) < 1e-9, `${ownDataExcess(own, random)}`);
});

/** numpy.linalg.lstsq over [1, gain by the common step, 1 for own]: coefficient / standard error. */
const NUMPY = 1.1421270271604296;

/** Simulates losses: gain of any step on a sequence, memorisation of own data, and noise. */
function simulated(random: SeededRandom, count: number, memory: number): SequenceLosses {
  return losses(count, () => {
    const [difficulty, noise] = [random.normal(), random.normal()];
    return [3, 3 - 0.1 - 0.05 * difficulty - memory - 0.02 * noise, 3 - 0.1 - 0.05 * difficulty];
  });
}

Deno.test("ownDataExcess is standard normal for a peer that has seen neither set", () => {
  const random = new SeededRandom(5n);
  const found = Array.from(
    { length: 2000 },
    () => ownDataExcess(simulated(random, 64, 0), simulated(random, 128, 0)),
  );
  const mean = found.reduce((sum, z) => sum + z, 0) / found.length;
  const variance = found.reduce((sum, z) => sum + (z - mean) ** 2, 0) / found.length;
  assert.ok(Math.abs(mean) < 0.07 && Math.abs(variance - 1) < 0.1, `${mean}, ${variance}`);
});

Deno.test("weakness 29: an honest peer is misjudged in fewer than 1 % of windows", () => {
  // Memorisation of `tiny` peers in docs/gauntlet.md: 1.9 deviations per window on average.
  const memory = 1.9 * 0.02 * Math.sqrt(1 / 64 + 1 / 128);
  const misjudged = (own: number, others: number, decay: number) => {
    const random = new SeededRandom(6n);
    let negative = 0;
    const windows = 4000;
    for (let run = 0; run < windows / 40; run++) {
      let evidence: Evidence = NO_EVIDENCE;
      for (let window = 0; window < 40; window++) {
        const z = ownDataExcess(simulated(random, own, memory), simulated(random, others, 0));
        evidence = addEvidence(evidence, z, decay);
        if (evidenceDeviations(evidence) < 0) negative++;
      }
    }
    return negative / windows;
  };
  assert.ok(misjudged(64, 128, 0.75) < 0.01);
  // The reference's rule: the sign of eight sequences, without history.
  assert.ok(misjudged(8, 8, 0) > 0.2);
});

Deno.test("evidence decays, and is 0 without windows", () => {
  assert.equal(evidenceDeviations(NO_EVIDENCE), 0);
  let evidence = NO_EVIDENCE;
  for (let window = 0; window < 30; window++) evidence = addEvidence(evidence, 2, 0.75);
  assert.ok(Math.abs(evidenceDeviations(evidence) - 2 * 4 / Math.sqrt(1 / (1 - 0.5625))) < 0.01);
  for (let window = 0; window < 4; window++) evidence = addEvidence(evidence, -2, 0.75);
  assert.ok(evidenceDeviations(evidence) < 0);
});

Deno.test("ownDataExcess is 0 for losses that are not finite or do not vary", () => {
  const same = losses(4, () => [3, 3, 3]);
  assert.equal(ownDataExcess(same, same), 0);
  const broken = losses(4, (i) => [3, i === 1 ? NaN : 3, 3]);
  assert.equal(ownDataExcess(broken, same), 0);
});

Deno.test("ownDataExcess is capped at six deviations", () => {
  const losses = (gain: number) => ({
    before: Float64Array.of(4, 4.1, 3.9, 4.05),
    after: Float64Array.of(4 - gain, 4.1 - gain, 3.9 - gain, 4.05 - gain + 1e-6),
    common: Float64Array.of(3.9, 4.02, 3.85, 3.97),
  });
  assert.equal(ownDataExcess(losses(2), losses(0.1)), 6);
  assert.equal(ownDataExcess(losses(0.1), losses(2)), -6);
});
