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

/** Inputs of an observation. */
export interface WindowInputs {
  /** Run, window and evaluator. */
  readonly context: EvaluationContext;
  /** Validator state from previous windows. */
  readonly memory: {
    /** Records and scores. */
    readonly state: GauntletState;
    /** Masks of the previous window's submissions. */
    readonly masks: readonly Omit<MaskedSubmission, "committedMs">[];
  };
  /** Peers that the validator examines. */
  readonly plan: Plan;
  /** Examination results by uid. */
  readonly found: ReadonlyMap<number, Found>;
  /** The same after {@linkcode judgeNorms}. */
  readonly judged: ReadonlyMap<number, Found>;
  /** Outcome of the window. */
  readonly outcome: {
    /** Submissions of the verdict, ascending by uid. */
    readonly accepted: readonly Submission[];
    /** Parameters after the outer step. */
    readonly after: ParameterValues;
    /** Their digest. */
    readonly digest: string;
    /** Nonce of the verdict, which determined the elements that peers had to publish. */
    readonly challenge: string;
  };
  /** State statements that peers published in time, by uid. */
  readonly states: ReadonlyMap<number, Pick<Statement<StateStatement>, "content" | "text">>;
  /** Recorded evaluations, used instead of computing them. */
  readonly evaluations?: ReadonlyMap<number, Evaluation>;
}

/** Builds a window's observation: evaluates the chosen peers, compares states, detects copies. */
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

/** Returns the evidence including this window's, as the score will use it. */
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

/** Returns the mean absolute change of an element, by tensor. */
function stepChanges({ context: { before, shapes }, outcome: { after } }: WindowInputs): number[] {
  return shapes.map(({ dims, name }) => {
    const [old, now] = [before.get(name)!, after.get(name)!];
    let sum = 0;
    for (let i = 0; i < now.length; i++) sum += Math.abs(now[i] - old[i]);
    return sum / elementCount(dims);
  });
}

/**
 * Returns the outer steps between a peer's state and the validator's; NaN if the peer published no state or a
 * false one.
 */
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
  // A peer that claims the common state has all of its elements; a wrong one reveals a copied digest.
  const same = theirs.length === mine.length && mine.every((value, i) => value === theirs[i]);
  return same ? 0 : NaN;
}
