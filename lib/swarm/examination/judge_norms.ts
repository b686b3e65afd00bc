import { lowerMedian } from "../../sparseloco/median.ts";
import type { GauntletState } from "../../gauntlet/gauntlet_state.ts";
import type { GauntletPolicy } from "../../gauntlet/policy.ts";
import { tensorNorm } from "../../sparseloco/aggregate.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";
import { type Found, submissionsOf } from "./found.ts";

/** Returns the L2 norm of all values that a peer sent. */
export function submissionNorm({ tensors }: Submission): number {
  return Math.sqrt(tensors.map(tensorNorm).reduce((sum, norm) => sum + norm * norm, 0));
}

/** Fraction of the usual norm below which a submission is set aside. */
const SMALL = 0.1;

/** Result of judging the norms of a window's submissions. */
export interface NormJudgement {
  /** Examination results, with a refusal in place of each submission that is too large. */
  readonly judged: Map<number, Found>;
  /** Peers whose submissions are too small to count in this window; they get no penalty. */
  readonly small: ReadonlySet<number>;
}

/**
 * Compares norms with the usual norm. A submission that is far too large is refused: with few peers, the
 * median clip alone would let an attacker set the scale. The spread of honest norms follows from the error
 * feedback: one that could not be sent for a long time accumulates up to 1 / (1 - decay) windows, 20 by
 * default. A submission that is far too small is set aside, since with few peers its norm would be the median
 * and scale the others' steps down to it. It breaks no rule: a peer that joins late or returns has an empty
 * error feedback and sends a tenth of what the others do. Whether it helps is decided by its evaluation.
 */
export function judgeNorms(
  found: ReadonlyMap<number, Found>,
  { usualNorm }: GauntletState,
  { selection: { normRatioMax: ratioMax } }: GauntletPolicy,
): NormJudgement {
  const judged = new Map(found);
  const small = new Set<number>();
  const norms = submissionsOf(found).map((each) => submissionNorm(each));
  const median = lowerMedian(norms);
  const near = (norm: number, typical: number) =>
    norm <= typical * ratioMax && norm >= typical * SMALL;
  // Without history, a majority of similar norms defines the usual one; without a majority it is unknown.
  const agreed = norms.filter((norm) => near(norm, median)).length > norms.length / 2;
  // Norms change in warm-ups and pauses: a new norm that most peers send is not wrong.
  const kept = usualNorm !== undefined &&
    norms.filter((norm) => near(norm, usualNorm)).length >= norms.length / 2;
  const typical = kept ? usualNorm : agreed ? median : usualNorm;
  if (typical === undefined) return { judged, small };
  for (const submission of submissionsOf(found)) {
    const norm = submissionNorm(submission);
    if (norm < typical * SMALL) small.add(submission.uid);
    if (norm <= typical * ratioMax) continue;
    const detail = `${norm.toPrecision(4)}, want at most ${ratioMax} times ${
      typical.toPrecision(4)
    }`;
    judged.set(submission.uid, new RefusedError("implausible-norm", detail));
  }
  return { judged, small };
}
