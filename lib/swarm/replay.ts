import { type Bucket, BucketUnavailableError } from "../bucket/bucket.ts";
import type { Chain, Registration } from "../chain/chain.ts";
import type { VerifySignature } from "../chain/keypair.ts";
import type { Corpus } from "../corpus/corpus.ts";
import type { GauntletState } from "../gauntlet/gauntlet_state.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import { type RefusalReason, RefusedError } from "../sparseloco/refusal.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import { applySubmissions } from "./apply_submissions.ts";
import { differences } from "./differences.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Found } from "./examination/found.ts";
import { chooseAccepted, planWindow } from "./examination/plan_window.ts";
import { judgeNorms } from "./examination/judge_norms.ts";
import { type ExamineOptions, examinePlace, relayPlace } from "./examination/examine_submission.ts";
import { fetchAccepted } from "./examination/fetch_accepted.ts";
import { recordWindow } from "./examination/record_window.ts";
import { leaderOf } from "./roles.ts";
import type { RunDefinition } from "./run_definition.ts";
import {
  parseStatement,
  readStatement,
  type Statement,
  type StatementAbout,
} from "./statement/signed_object.ts";
import { STATE_STATEMENT, type StateStatement } from "./statement/state_statement.ts";
import { freshValidatorState, type ValidatorState } from "./validator_state.ts";
import { VERDICT } from "./statement/verdict.ts";
import { WINDOW_RECORD, type WindowRecord } from "./statement/window_record.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** Objects that a replay needs are missing or modified. */
export class DamagedRunError extends Error {
  override readonly name = "DamagedRunError";
}

/** Inputs of a replay: publicly readable objects and data shared by all nodes. */
export interface ReplayOptions {
  /** Run id. */
  readonly run: string;
  /** Definition shared by the run's nodes. */
  readonly definition: RunDefinition;
  /** Ledger of keys and validators. */
  readonly chain: Chain;
  /** Looks up a node's bucket. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** Checks signatures. */
  readonly verify: VerifySignature;
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Measures losses; undefined reuses the recorded evaluations. */
  readonly evaluator: Evaluator | undefined;
  /** Parameters before the first window. */
  readonly initialParameters: ParameterValues;
}

/** A replayed window. */
export interface ReplayedWindow {
  /** Record that the validator published. */
  readonly published: WindowRecord;
  /** Record recomputed from the window's objects. */
  readonly recomputed: WindowRecord;
  /** Differences between the two, as paths with both values; empty if they are bit-identical. */
  readonly differences: readonly string[];
  /** Scoring state after the window. */
  readonly gauntlet: GauntletState;
}

/**
 * Replays the leading validator's work window by window from the objects in the buckets: checks every
 * submission, evaluates, scores, takes the outer step. Only refusals are taken as recorded, since it cannot
 * be shown later that an object was not there in time.
 */
export async function* replay(options: ReplayOptions): AsyncGenerator<ReplayedWindow> {
  const { run, shapes, verify } = options;
  const { bucket, leader, registrations } = await leadOf(options);
  const windows = await windowsIn(bucket);
  let state = freshValidatorState(shapes, options.initialParameters);
  for (let window = 0; window < windows; window++) {
    const about = { run, window };
    const record = await readStatement(bucket, WINDOW_RECORD, about, leader, verify);
    if (!record) {
      throw new DamagedRunError(
        `Cannot replay window ${window + 1}: its record is missing or its signature is invalid`,
      );
    }
    const { next, result } = await replayWindow(
      state,
      record.content,
      { bucket, leader, registrations },
      options,
    );
    state = next;
    yield result;
  }
}

/** Returns the number of windows of a run that its leading validator has scored. */
export async function scoredWindows(options: LeadOptions): Promise<number> {
  return await windowsIn((await leadOf(options)).bucket);
}

/** Dependencies for finding the leader of a run. */
type LeadOptions = Pick<ReplayOptions, "bucketOf" | "chain">;

async function leadOf({ bucketOf, chain }: LeadOptions) {
  const registrations = await chain.registrations();
  const leader = leaderOf(registrations);
  const bucket = leader && await bucketOf(leader.uid);
  if (leader && bucket) return { bucket, leader, registrations };
  throw new DamagedRunError("Cannot replay run: its ledger has no validator");
}

/** Counts windows up to the last one that has a record, or had one according to a later verdict. */
async function windowsIn(bucket: Bucket): Promise<number> {
  const windowsOf = async (folder: string) =>
    (await bucket.list(`${folder}/`)).map(({ key }) => Number(key.split("/")[1]));
  const verdicts = await windowsOf("verdict");
  const records = (await windowsOf("record")).map((window) => window + 1);
  return [...records, ...verdicts].reduce((most, windows) => Math.max(most, windows), 0);
}

async function replayWindow(
  state: ValidatorState,
  published: WindowRecord,
  { bucket, leader, registrations }: {
    bucket: Bucket;
    leader: Registration;
    registrations: readonly Registration[];
  },
  options: ReplayOptions,
): Promise<{ next: ValidatorState; result: ReplayedWindow }> {
  const { bucketOf, definition, run, shapes, verify } = options;
  const { window } = state.gauntlet;
  const policy = definition.gauntlet;
  const context = { run, window, topk: definition.sparseloco.topk, shapes };
  const verdict = await readStatement(bucket, VERDICT, { run, window }, leader, verify);
  if (!verdict) {
    throw new DamagedRunError(`Cannot replay window ${window + 1}: its verdict is missing`);
  }
  const known = new Set(published.observation.peers.map(({ uid }) => uid));
  const trainers = registrations.filter(({ stake, uid }) => stake === 0 && known.has(uid));
  const found = await recordedSubmissions(published, trainers, bucket, { context, verify });
  const plan = planWindow(state.gauntlet, trainers, policy, published.nonce);
  const { judged, small } = judgeNorms(found, state.gauntlet, policy);
  const chosen = chooseAccepted(plan, judged, small);
  const { accepted: named, nonce: challenge } = verdict.content;
  const fetching = { context, verify, registrations, bucketOf, leaderBucket: bucket };
  const accepted = await fetchAccepted(verdict.content, fetching).catch((cause) => {
    if (!(cause instanceof BucketUnavailableError)) throw cause;
    throw new DamagedRunError(`Cannot replay window ${window + 1}: ${cause.message}`, { cause });
  });
  const after = applySubmissions(shapes, state.parameters, accepted, definition.sparseloco);
  const digest = stateDigest(shapes, after);
  const recorded = options.evaluator ? {} : { evaluations: recordedEvaluations(published) };
  const { gauntlet, masks, record: recomputed } = await recordWindow({
    context: {
      definition,
      shapes,
      before: state.parameters,
      evaluator: options.evaluator ?? { losses: () => Promise.resolve(new Float64Array()) },
      corpus: options.corpus,
      window,
      nonce: published.nonce,
    },
    memory: { state: state.gauntlet, masks: state.masks ?? [] },
    plan,
    found,
    judged,
    outcome: { accepted, after, digest, challenge },
    states: recordedStates(published, trainers, { run, window }, verify),
    ...recorded,
  });
  const ofVerdict = differences(chosen, named.map(({ uid }) => uid), "verdict.accepted");
  const result = {
    published,
    recomputed,
    // As published: JSON has neither -0 nor keys with undefined values.
    differences: [
      ...ofVerdict,
      ...differences(JSON.parse(JSON.stringify(recomputed)), published, ""),
    ],
    gauntlet,
  };
  return {
    next: { parameters: after, gauntlet, examined: recomputed.examined, masks },
    result,
  };
}

/**
 * Restores the examined submissions from the validator's copies, and the refusals from its record.
 */
async function recordedSubmissions(
  { examined, observation }: WindowRecord,
  trainers: readonly Registration[],
  bucket: Bucket,
  options: ExamineOptions,
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>();
  for (const { refused, uid } of observation.peers) {
    if (refused && refused.reason !== "implausible-norm") {
      found.set(uid, new RefusedError(refused.reason as RefusalReason, refused.detail));
    }
  }
  for (const { committedMs, uid } of examined) {
    const peer = trainers.find((each) => each.uid === uid);
    if (!peer) continue;
    const place = relayPlace(bucket, options.context.window, uid);
    const submission = await examinePlace(
      place,
      peer,
      options,
      (commitment) => ({ ...commitment, committedMs }),
    );
    found.set(uid, submission);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Parses the peers' signed state statements kept in the record. */
function recordedStates(
  { states }: WindowRecord,
  trainers: readonly Registration[],
  about: StatementAbout,
  verify: VerifySignature,
): Map<number, Pick<Statement<StateStatement>, "content" | "text">> {
  return new Map(states.flatMap(({ text, uid }) => {
    const peer = trainers.find((each) => each.uid === uid);
    const content = peer && parseStatement(text, STATE_STATEMENT, about, peer, verify);
    return content ? [[uid, { content, text }]] : [];
  }));
}

function recordedEvaluations({ observation }: WindowRecord) {
  return new Map(
    observation.peers.flatMap(({ evaluation, uid }) => (evaluation ? [[uid, evaluation]] : [])),
  );
}
