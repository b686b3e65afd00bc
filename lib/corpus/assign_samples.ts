import { Pcg64 } from "../random/pcg64.ts";

/**
 * Returns the samples that a peer trains on in a window: a reproducible draw without replacement, exactly
 * numpy's `default_rng(seed).choice(samples, count, replace=False)` with the reference's seed. If the corpus
 * has fewer samples than requested, the draw repeats in the same order.
 *
 * @param samples Number of samples in the corpus.
 * @param count Number of samples to assign.
 * @returns [count] indices below `samples`.
 *
 * @example Ten of a hundred samples, for uid 0 in window 0
 * ```ts
 * import { assignSamples } from "./assign_samples.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...assignSamples(0, 0, 100, 10)].slice(0, 4), [77, 81, 58, 47]);
 * ```
 */
export function assignSamples(
  uid: number,
  window: number,
  samples: number,
  count: number,
): Uint32Array<ArrayBuffer> {
  const seed = assignmentSeed(uid, window);
  const pool = drawWithoutReplacement(samples, Math.min(count, samples), seed);
  return Uint32Array.from({ length: count }, (_, i) => pool[i % pool.length]);
}

/** Returns the seed of a peer's draw in a window. */
export function assignmentSeed(uid: number, window: number): number {
  return Number((BigInt(uid) * 1000003n ^ BigInt(window)) & 0xffffffffn);
}

/** Draws without replacement, as numpy's `choice` does. */
export function drawWithoutReplacement(
  samples: number,
  count: number,
  seed: number,
): Uint32Array<ArrayBuffer> {
  const generator = new Pcg64(BigInt(seed));
  const wide = samples > 10000 && count > Math.floor(samples / 50);
  return wide ? tailShuffle(samples, count, generator) : floyd(samples, count, generator);
}

function tailShuffle(samples: number, count: number, generator: Pcg64) {
  const all = Uint32Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i >= Math.max(samples - count, 1); i--) {
    const j = generator.below(i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all.slice(samples - count);
}

function floyd(samples: number, count: number, generator: Pcg64) {
  const chosen = new Set<number>();
  for (let j = samples - count; j < samples; j++) {
    const draw = generator.below(j + 1);
    chosen.add(chosen.has(draw) ? j : draw);
  }
  const result = Uint32Array.from(chosen);
  for (let i = count - 1; i >= 1; i--) {
    const j = generator.below(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
