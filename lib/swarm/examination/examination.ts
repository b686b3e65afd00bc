import type { Registration } from "../../chain/chain.ts";
import { elementCount } from "../../graph/tensor.ts";
import { challengedElements, challengeSlices } from "../../gauntlet/challenge.ts";
import { findCopies, type MaskedSubmission } from "../../gauntlet/find_copies.ts";
import { type GauntletState, newRecord, type PeerRecord } from "../../gauntlet/gauntlet_state.ts";
import { indexMask } from "../../gauntlet/index_overlap.ts";
import { addEvidence, evidenceDeviations } from "../../gauntlet/own_data_evidence.ts";
import type { Evaluation, PeerObservation, WindowObservation } from "../../gauntlet/observation.ts";
import type { GauntletPolicy } from "../../gauntlet/policy.ts";
import { selectAggregated, type Selection } from "../../gauntlet/select_aggregated.ts";
import { selectEvaluated } from "../../gauntlet/select_evaluated.ts";
import { stepsBehind } from "../../gauntlet/steps_behind.ts";
import type { ParameterValues } from "../../llama/trainer.ts";
import { tensorNorm } from "../../sparseloco/aggregate.ts";
import { RefusedError } from "../../sparseloco/refusal.ts";
import { drawsOf } from "./draws.ts";
import { evaluateSubmissions, type EvaluationContext } from "./evaluate_submissions.ts";
import type { Submission } from "./examine_submission.ts";
import { decodeElements, type StateStatement } from "../statement/state_statement.ts";

/** Whom a validator looks at in a window; follows from what it remembers and from its nonce. */
export interface Plan {
  /** Records of all trainers, ascending by uid; fresh ones for peers not met before. */
  readonly records: readonly PeerRecord[];
  /** Whose submissions are to count. */
  readonly selection: Selection;
  /** Whom to evaluate, ascending by uid. */
  readonly chosen: readonly number[];
}

/** What a validator found at each peer's place. */
export type Found = Submission | RefusedError;

/** Plans a window. */
export function planWindow(
  state: GauntletState,
  trainers: readonly Registration[],
  policy: GauntletPolicy,
  nonce: string,
): Plan {
  const records = trainers.map(({ hotkey, uid }) => {
    const known = state.peers.find((peer) => peer.uid === uid);
    return known?.hotkey === hotkey ? known : newRecord(uid, hotkey);
  });
  const selection = selectAggregated(records, policy, state.window);
  const allowed = records.filter(({ timeoutUntil }) => timeoutUntil <= state.window);
  const random = drawsOf(nonce, "evaluated");
  return { records, selection, chosen: selectEvaluated(allowed, policy, () => random.uniform()) };
}

/** Peers whose submissions are needed for a plan, ascending. */
export function examinedPeers({ chosen, selection: { gather, reserve } }: Plan): number[] {
  return [...new Set([...gather, ...reserve, ...chosen])].sort((a, b) => a - b);
}

/**
 * Chooses the submissions that count: those of the gather peers, and for each that is not there one of the
 * reserve.
 *
 * @param found What was found at the peers that the plan needs.
 * @returns Accepted uids, ascending.
 */
export function chooseAccepted(
  { selection: { gather, reserve } }: Plan,
  found: ReadonlyMap<number, Found>,
): number[] {
  const isThere = (uid: number) => found.has(uid) && !(found.get(uid) instanceof RefusedError);
  return [...gather, ...reserve].filter(isThere).slice(0, gather.length).sort((a, b) => a - b);
}

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

/** All that an observation is made from. */
export interface ObservationInputs extends EvaluationContext {
  /** Memory before the window. */
  readonly state: GauntletState;
  /** Whom the validator looks at. */
  readonly plan: Plan;
  /** What it found at the peers' places. */
  readonly found: ReadonlyMap<number, Found>;
  /** The same after {@linkcode refuseImplausibleNorms}. */
  readonly judged: ReadonlyMap<number, Found>;
  /** Evaluations from elsewhere, taken instead of made. */
  readonly evaluations?: ReadonlyMap<number, Evaluation>;
  /** Submissions of the verdict, ascending by uid. */
  readonly accepted: readonly Submission[];
  /** Parameters after the window's outer step. */
  readonly after: ParameterValues;
  /** What peers said of their state in time. */
  readonly statements: ReadonlyMap<number, StateStatement>;
  /** Digest of the validator's own state after the window. */
  readonly digest: string;
  /** Nonce of the verdict, which decided what peers had to show. */
  readonly challenge: string;
  /** Masks of the submissions of the window before. */
  readonly previous: readonly Omit<MaskedSubmission, "committedMs">[];
}

/** Makes a window's observation: evaluates the chosen peers, compares states, looks for copies. */
export async function observeWindow(
  inputs: ObservationInputs,
): Promise<{ observation: WindowObservation; masks: MaskedSubmission[] }> {
  const { accepted, judged, plan, policy, state } = inputs;
  const submissions = submissionsOf(judged);
  const chosen = submissions.filter(({ uid }) => plan.chosen.includes(uid));
  const evaluations = inputs.evaluations ?? await evaluateSubmissions(chosen, accepted, inputs);
  const masks = submissionsOf(inputs.found).map((
    { commitment: { committedMs }, tensors, uid },
  ) => ({
    uid,
    committedMs,
    ...evidenceOf(uid, evaluations.get(uid), inputs),
    mask: indexMask(tensors),
  }));
  const copies = new Map(
    findCopies(masks, inputs.previous, policy.copies.high).map(({ uid, ...copy }) => [uid, copy]),
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

/** Submissions among what was found, ascending by uid. */
export function submissionsOf(found: ReadonlyMap<number, Found>): Submission[] {
  return [...found.values()]
    .filter((each): each is Submission => !(each instanceof RefusedError))
    .sort((a, b) => a.uid - b.uid);
}

/** Evidence with this window's, as the score will have it. */
function evidenceOf(
  uid: number,
  evaluation: Evaluation | undefined,
  { plan, policy }: ObservationInputs,
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
function stepChanges({ after, before, tensors }: ObservationInputs): number[] {
  return tensors.map(({ dims, name }) => {
    const [old, now] = [before.get(name)!, after.get(name)!];
    let sum = 0;
    for (let i = 0; i < now.length; i++) sum += Math.abs(now[i] - old[i]);
    return sum / elementCount(dims);
  });
}

/** Outer steps between a peer's state and the validator's; NaN where the peer showed nothing or lied. */
function distance(
  uid: number,
  { after, challenge, digest, policy, statements, tensors }: ObservationInputs,
  stepSizes: readonly number[],
): number {
  const statement = statements.get(uid);
  if (!statement) return NaN;
  const values = tensors.map(({ name }) => after.get(name)!);
  const slices = challengeSlices(values.map(({ length }) => length), challenge, uid);
  const mine = challengedElements(values, slices);
  const theirs = decodeElements(statement.elements);
  const sizes = slices.flatMap(({ count, tensor }) =>
    new Array<number>(count).fill(stepSizes[tensor] ?? 0)
  );
  const behind = stepsBehind(mine, theirs, sizes, policy.sync.estimate);
  // Who claims the common state has all of its elements; one that is wrong gives away a borrowed digest.
  const claims = statement.digest === digest;
  const same = theirs.length === mine.length && mine.every((value, i) => value === theirs[i]);
  return claims === same ? (same ? 0 : behind) : claims ? NaN : behind;
}
