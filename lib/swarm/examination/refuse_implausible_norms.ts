import type { GauntletState } from "../../gauntlet/gauntlet_state.ts";
import type { GauntletPolicy } from "../../gauntlet/policy.ts";
import { tensorNorm } from "../../sparseloco/aggregate.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";
import { type Found, submissionsOf } from "./found.ts";

/** L2 norm of all values that a peer sent. */
export function submissionNorm({ tensors }: Submission): number {
  return Math.sqrt(tensors.map(tensorNorm).reduce((sum, norm) => sum + norm * norm, 0));
}

/**
 * Refuses submissions whose norm is far from what is usual: with few peers the median clip alone would leave
 * the scale to an attacker.
 */
export function refuseImplausibleNorms(
  found: ReadonlyMap<number, Found>,
  { usualNorm }: GauntletState,
  { selection: { normRatioMax: ratioMax } }: GauntletPolicy,
): Map<number, Found> {
  const judged = new Map(found);
  const norms = submissionsOf(found).map((each) => submissionNorm(each));
  const median = [...norms].sort((a, b) => a - b)[(norms.length - 1) >> 1];
  const near = (norm: number, typical: number) =>
    norm <= typical * ratioMax && norm >= typical / ratioMax;
  // Before anything is known, a majority of the same size tells what is usual; without one nobody can.
  const agreed = norms.filter((norm) => near(norm, median)).length > norms.length / 2;
  // Norms change in warm-ups and pauses: what most send is not wrong because it is new.
  const kept = usualNorm !== undefined &&
    norms.filter((norm) => near(norm, usualNorm)).length >= norms.length / 2;
  const typical = kept ? usualNorm : agreed ? median : usualNorm;
  if (typical === undefined) return judged;
  for (const submission of submissionsOf(found)) {
    const norm = submissionNorm(submission);
    if (near(norm, typical)) continue;
    const detail = `${norm.toPrecision(4)}, want within a factor of ${ratioMax} of ${
      typical.toPrecision(4)
    }`;
    judged.set(submission.uid, new RefusedError("implausible-norm", detail));
  }
  return judged;
}
