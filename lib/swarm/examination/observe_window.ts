import { challengedElements, challengeSlices } from "../../gauntlet/challenge.ts";
import { findCopies, type MaskedSubmission } from "../../gauntlet/find_copies.ts";
import type { GauntletState } from "../../gauntlet/gauntlet_state.ts";
import { indexMask } from "../../gauntlet/index_overlap.ts";
import type { Evaluation, PeerObservation, WindowObservation } from "../../gauntlet/observation.ts";
import { addEvidence, evidenceDeviations } from "../../gauntlet/own_data_evidence.ts";
import { stepsBehind } from "../../gauntlet/steps_behind.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Statement } from "../statement/signed_object.ts";
import { decodeElements, type StateStatement } from "../statement/state_statement.ts";
import { evaluateSubmissions, type EvaluationContext } from "./evaluate_submissions.ts";
import type { Submission } from "./examine_submission.ts";
import { type Found, submissionsOf } from "./found.ts";
import type { Plan } from "./plan_window.ts";
import { submissionNorm } from "./judge_norms.ts";

/** All that an observation is made from. */
export interface WindowInputs {
  /** Run, window, and what measures losses. */
  readonly context: EvaluationContext;
  /** What the validator remembers of the windows before. */
  readonly memory: {
    /** Records and scores. */
    readonly state: GauntletState;
    /** Masks of the submissions of the window before. */
    readonly masks: readonly Omit<MaskedSubmission, "committedMs">[];
  };
  /** Whom the validator looks at. */
  readonly plan: Plan;
  /** What it found at the peers' places. */
  readonly found: ReadonlyMap<number, Found>;
  /** The same after {@linkcode judgeNorms}. */
  readonly judged: ReadonlyMap<number, Found>;
  /** What became of the window. */
  readonly outcome: {
    /** Submissions of the verdict, ascending by uid. */
    readonly accepted: readonly Submission[];
    /** Parameters after the outer step. */
    readonly after: ParameterValues;
    /** Their digest. */
    readonly digest: string;
    /** Nonce of the verdict, which decided what peers had to show. */
    readonly challenge: string;
  };
  /** What peers said of their states in time, by uid. */
  readonly states: ReadonlyMap<number, Pick<Statement<StateStatement>, "content" | "text">>;
  /** Recorded evaluations, taken instead of made. */
  readonly evaluations?: ReadonlyMap<number, Evaluation>;
}

/** Makes a window's observation: evaluates the chosen peers, compares states, looks for copies. */
export async function observeWindow(
  inputs: WindowInputs,
): Promise<{ observation: WindowObservation; masks: MaskedSubmission[] }> {
  const { context, judged, memory: { masks: previous, state }, outcome: { accepted }, plan } =
    inputs;
  const submissions = submissionsOf(judged);
  const chosen = submissions.filter(({ uid }) => plan.chosen.includes(uid));
  const evaluations = inputs.evaluations ?? await evaluateSubmissions(chosen, accepted, context);
  const masks = submissionsOf(inputs.found).map((
    { commitment: { committedMs }, tensors, uid },
  ) => ({
    uid,
    committedMs,
    ...evidenceOf(uid, evaluations.get(uid), inputs),
    mask: indexMask(tensors),
  }));
  const copies = new Map(
    findCopies(masks, previous, context.definition.gauntlet.copies.high)
      .map(({ uid, ...copy }) => [uid, copy]),
  );
  const changes = accepted.length > 0 ? stepChanges(inputs) : [];
  const sizes = state.stepSizes.length > 0 ? state.stepSizes : changes;
  const peers = plan.records.map(({ hotkey, uid }): PeerObservation => {
    const result = judged.get(uid);
    const copy = copies.get(uid);
    const behind = distance(uid, inputs, sizes);
    return {
      uid,
      hotkey,
      role: roleOf(uid, plan),
      chosen: plan.chosen.includes(uid),
      accepted: accepted.some((each) => each.uid === uid),
      ...outcome(result, evaluations.get(uid)),
      ...(Number.isNaN(behind) ? {} : { stepsBehind: behind }),
      ...(copy ? { copy } : {}),
    };
  });
  return { observation: { window: state.window, peers, changes }, masks };
}

/** Evidence with this window's, as the score will have it. */
function evidenceOf(
  uid: number,
  evaluation: Evaluation | undefined,
  { context: { definition: { gauntlet: policy } }, plan }: WindowInputs,
): { evidence?: number } {
  const record = plan.records.find((each) => each.uid === uid);
  if (!evaluation || !record) return {};
  const { evidence: { decay } } = policy;
  return { evidence: evidenceDeviations(addEvidence(record.evidence, evaluation.excess, decay)) };
}

function outcome(result: Found | undefined, evaluation: Evaluation | undefined) {
  if (result === undefined) return {};
  if (result instanceof RefusedError) {
    return { refused: { reason: result.reason, detail: result.detail } };
  }
  return { norm: submissionNorm(result), ...(evaluation ? { evaluation } : {}) };
}

function roleOf(uid: number, { selection }: Plan): PeerObservation["role"] {
  return selection.gather.includes(uid)
    ? "gather"
    : selection.reserve.includes(uid)
    ? "reserve"
    : "none";
}

/** Mean absolute change of an element, by tensor. */
function stepChanges({ context: { before, shapes }, outcome: { after } }: WindowInputs): number[] {
  return shapes.map(({ dims, name }) => {
    const [old, now] = [before.get(name)!, after.get(name)!];
    let sum = 0;
    for (let i = 0; i < now.length; i++) sum += Math.abs(now[i] - old[i]);
    return sum / elementCount(dims);
  });
}

/** Outer steps between a peer's state and the validator's; NaN where the peer showed nothing or lied. */
function distance(
  uid: number,
  { context: { definition, shapes }, outcome: { after, challenge, digest }, states }: WindowInputs,
  stepSizes: readonly number[],
): number {
  const statement = states.get(uid)?.content;
  if (!statement) return NaN;
  const values = shapes.map(({ name }) => after.get(name)!);
  const slices = challengeSlices(values.map(({ length }) => length), challenge, uid);
  const mine = challengedElements(values, slices);
  const theirs = decodeElements(statement.elements);
  const sizes = slices.flatMap(({ count, tensor }) =>
    new Array<number>(count).fill(stepSizes[tensor] ?? 0)
  );
  if (statement.digest !== digest) {
    return stepsBehind(mine, theirs, sizes, definition.gauntlet.sync.estimate);
  }
  // Who claims the common state has all of its elements; one that is wrong gives away a borrowed digest.
  const same = theirs.length === mine.length && mine.every((value, i) => value === theirs[i]);
  return same ? 0 : NaN;
}
