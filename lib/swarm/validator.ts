import type { Registration } from "../chain/chain.ts";
import { RefusedError } from "../sparseloco/refusal.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import { applySubmissions } from "./apply_submissions.ts";
import { awaitVerdict } from "./statement/await_verdict.ts";
import type { Evaluator } from "./evaluator.ts";
import { type Found, submissionsOf } from "./examination/found.ts";
import { chooseAccepted, examinedPeers, type Plan, planWindow } from "./examination/plan_window.ts";
import { judgeNorms } from "./examination/judge_norms.ts";
import { relayPlace } from "./examination/examine_submission.ts";
import { fetchAccepted } from "./examination/fetch_accepted.ts";
import { gatherCommitments, type GatherOptions, gatherSubmissions } from "./examination/gather.ts";
import type { Deadline } from "../async/with_deadline.ts";
import { foundBefore } from "./examination/found_before.ts";
import { masksOfCopies } from "./examination/masks_of_copies.ts";
import type { NodeDependencies, NodeIdentity } from "./node.ts";
import { retryTransient } from "./retry_transient.ts";
import { publishState, readStates } from "./statement/exchange_states.ts";
import { removeOldObjects } from "./statement/remove_old_objects.ts";
import { leaderOf, trainersOf } from "./roles.ts";
import { recordWindow } from "./examination/record_window.ts";
import { publishStatement, readStatement } from "./statement/signed_object.ts";
import { validatorSnapshot, type ValidatorState } from "./validator_state.ts";
import { VERDICT, type Verdict } from "./statement/verdict.ts";
import { WINDOW_RECORD, type WindowRecord } from "./statement/window_record.ts";
import { WindowClock, type WindowTimes } from "./window_clock.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** External dependencies of a validator. */
export interface ValidatorDependencies extends NodeDependencies {
  /**
   * Returns 64 unpredictable hexadecimal digits for a purpose in a window; the same after a
   * restart.
   */
  readonly nonceOf: (window: number, purpose: "draws" | "challenge") => string;
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
  /** Measures losses. */
  readonly evaluator: Evaluator;
}

/** Minimum duration of a gather. */
const PATIENCE_MS = 60_000;

/**
 * A validator of a run: examines submissions, decides which of them count (if it leads), takes the same outer
 * step as the peers, scores them and sets weights.
 */
export class Validator {
  readonly #windows: WindowClock;

  constructor(readonly identity: NodeIdentity, readonly dependencies: ValidatorDependencies) {
    const { chain, clock } = dependencies;
    this.#windows = new WindowClock(chain, clock, identity.definition.window);
  }

  /**
   * Runs one window, which may be over already, and saves the resulting state. Interrupted at any point, it
   * repeats the same work: a published verdict stays in force.
   */
  async runWindow(state: ValidatorState): Promise<ValidatorState> {
    const { bucket, emit, store } = this.dependencies;
    const { retainedWindows, uid } = this.identity;
    const { window } = state.gauntlet;
    return await retryTransient(async () => {
      const { next, record } = await this.#judge(state);
      await this.#setWeights(record, window);
      await store.save(validatorSnapshot(next));
      await removeOldObjects(bucket, window, retainedWindows);
      return next;
    }, {
      ...this.dependencies,
      onDelay: (reason) => emit({ event: "delayed", window, uid, reason }),
    });
  }

  async #judge(state: ValidatorState): Promise<{ next: ValidatorState; record: WindowRecord }> {
    const { bucket, chain, clock, corpus, emit, evaluator, keypair, nonceOf, shapes, signal } =
      this.dependencies;
    const { definition, run, uid } = this.identity;
    const { window } = state.gauntlet;
    const about = { run, window, uid };
    await this.#windows.begun(window + 1, signal);
    const times = await this.#windows.times(window);
    const registrations = await chain.registrations();
    const before = state.parameters;
    const seen = await this.#examine(state, registrations, times);
    const { earlier, found, judged, options, plan, small } = seen;
    if (!earlier) await this.#relay(found, window);
    const chosen = chooseAccepted(plan, judged, small);
    const ours: Verdict = earlier ?? {
      accepted: submissionsOf(judged).filter(({ uid }) => chosen.includes(uid))
        .map(({ commitment, uid }) => ({ uid, sha256: commitment.manifest.sha256 })),
      nonce: nonceOf(window, "challenge"),
    };
    const verdict = await this.#settle(ours, earlier !== undefined, registrations, window);
    this.#emitVerdict(verdict, plan, window);
    const accepted = await this.#fetch(verdict, found, registrations, options);
    const after = applySubmissions(shapes, before, accepted, definition.sparseloco);
    const digest = stateDigest(shapes, after);
    await publishState({ ...this.dependencies, about, nonce: verdict.nonce, digest, state: after });
    emit({ event: "digest", window, uid, digest });
    await clock.sleepUntil(times.digestEndMs, signal);
    const states = await readStates(trainersOf(registrations), { ...options, about, times });
    const recorded = await this.#timed(window, async () =>
      await recordWindow({
        context: { definition, shapes, before, evaluator, corpus, window, nonce: seen.nonce },
        memory: {
          state: state.gauntlet,
          masks: state.masks ?? await this.#masksBefore(state, registrations),
        },
        plan,
        found,
        judged,
        outcome: { accepted, after, digest, challenge: verdict.nonce },
        states,
      }));
    await publishStatement(bucket, WINDOW_RECORD, about, recorded.record, keypair);
    this.#emitScores(recorded.record, window);
    const { gauntlet, masks, record } = recorded;
    const next = { parameters: after, gauntlet, examined: record.examined, masks };
    return { next, record };
  }

  /** Plans the window and examines the peers' submissions. */
  async #examine(
    state: ValidatorState,
    registrations: readonly Registration[],
    times: WindowTimes,
  ) {
    const { bucket, bucketOf, clock, nonceOf, signal, verify } = this.dependencies;
    const { definition: { gauntlet: policy } } = this.identity;
    const { window } = state.gauntlet;
    const trainers = trainersOf(registrations);
    const nonce = nonceOf(window, "draws");
    const plan = planWindow(state.gauntlet, trainers, policy, nonce);
    const options = { context: this.#context(window), verify, times, bucketOf };
    const commitments = await gatherCommitments(trainers, {
      ...options,
      ...this.#deadline(times.uploadEndMs),
    });
    await clock.sleepUntil(times.uploadEndMs + 1, signal);
    const live = await gatherSubmissions(trainers, commitments, examinedPeers(plan), {
      ...options,
      ...this.#deadline((times.uploadEndMs + times.digestEndMs) / 2),
    });
    const earlier = await this.#earlierVerdict(registrations, window);
    const found = earlier ? await foundBefore(live, trainers, bucket, options) : live;
    const { judged, small } = judgeNorms(found, state.gauntlet, policy);
    this.#emitRefusals(judged, window);
    return { earlier, found, judged, nonce, options, plan, small };
  }

  #context(window: number) {
    const { run, definition: { sparseloco: { topk } } } = this.identity;
    return { run, window, topk, shapes: this.dependencies.shapes };
  }

  /**
   * Stores copies of the examined submissions: evidence for the scores, and a second source for
   * peers.
   */
  async #relay(found: ReadonlyMap<number, Found>, window: number): Promise<void> {
    const { bucket } = this.dependencies;
    for (const { bytes, commitment, uid } of submissionsOf(found)) {
      const { keys } = relayPlace(bucket, window, uid);
      await bucket.put(keys.submission, bytes);
      await bucket.put(keys.manifest, commitment.bytes);
    }
  }

  /**
   * Returns the verdict that this validator published before a restart, which must not be contradicted, since
   * peers may have acted on it.
   */
  async #earlierVerdict(registrations: readonly Registration[], window: number) {
    const { bucket, verify } = this.dependencies;
    const { run, uid } = this.identity;
    const leader = leaderOf(registrations);
    if (leader?.uid !== uid) return undefined;
    return (await readStatement(bucket, VERDICT, { run, window }, leader, verify))?.content;
  }

  /** Returns the deadline of a gather; a late validator still grants peers the minimum. */
  #deadline(inTimeMs: number): { deadline?: Deadline } {
    const { clock, retrySeconds } = this.dependencies;
    const untilMs = Math.max(inTimeMs, clock.nowMs() + PATIENCE_MS);
    return retrySeconds === undefined ? {} : { deadline: { clock, untilMs } };
  }

  /** Publishes the leader's verdict, once; other validators wait for it. */
  async #settle(
    ours: Verdict,
    published: boolean,
    registrations: readonly Registration[],
    window: number,
  ): Promise<Verdict> {
    const { bucket, keypair } = this.dependencies;
    const { run, uid } = this.identity;
    const about = { run, window };
    if (leaderOf(registrations)?.uid !== uid) {
      return (await awaitVerdict(this.dependencies, about)).verdict;
    }
    if (!published) await publishStatement(bucket, VERDICT, { ...about, uid }, ours, keypair);
    return ours;
  }

  /** Returns the submissions of the verdict, most of them examined already. */
  async #fetch(
    { accepted }: Verdict,
    found: ReadonlyMap<number, Found>,
    registrations: readonly Registration[],
    options: GatherOptions,
  ) {
    const have = new Map(
      submissionsOf(found).map((each) => [each.commitment.manifest.sha256, each]),
    );
    const missing = accepted.filter(({ sha256 }) => !have.has(sha256));
    const leaderBucket = await options.bucketOf(leaderOf(registrations)!.uid);
    const fetched = await fetchAccepted({ accepted: missing }, {
      ...options,
      registrations,
      leaderBucket: leaderBucket ?? this.dependencies.bucket,
    });
    const all = [...accepted.flatMap(({ sha256 }) => have.get(sha256) ?? []), ...fetched];
    return all.sort((a, b) => a.uid - b.uid);
  }

  /** Rebuilds the masks of the previous window from the copies, after a restart. */
  #masksBefore({ examined, gauntlet }: ValidatorState, registrations: readonly Registration[]) {
    const { bucket, verify } = this.dependencies;
    const context = this.#context(gauntlet.window - 1);
    return masksOfCopies(examined, registrations, bucket, { context, verify });
  }

  async #setWeights({ scores }: WindowRecord, window: number): Promise<void> {
    const { chain, emit, keypair } = this.dependencies;
    const {
      definition: { gauntlet: { weights: { windowsPerWeights } }, window: { blocks } },
      uid,
    } = this.identity;
    if ((window + 1) % windowsPerWeights !== 0) return;
    // Weights set after this window's end belong to this epoch: a restart does not set them twice. Weights of
    // a long-past epoch would only block newer ones.
    const last = await chain.weightsBlock(uid);
    if (last !== undefined && last >= (window + 1) * blocks) return;
    if (await this.#windows.current() >= window + 1 + windowsPerWeights) return;
    const weights = scores.filter(({ weight }) => weight > 0)
      .map(({ uid, weight }) => ({ uid, weight }));
    await chain.setWeights(keypair.hotkey, weights);
    emit({ event: "weights", window, uid, weights });
  }

  #emitVerdict(verdict: Verdict, { selection }: Plan, window: number): void {
    const { uid } = this.identity;
    const accepted = verdict.accepted.map(({ uid }) => uid);
    const excluded = [...selection.excluded];
    this.dependencies.emit({ event: "verdict", window, uid, accepted, excluded });
  }

  #emitRefusals(found: ReadonlyMap<number, Found>, window: number): void {
    const { uid } = this.identity;
    for (const [peer, result] of found) {
      if (!(result instanceof RefusedError)) continue;
      const { detail, reason } = result;
      this.dependencies.emit({ event: "refused", window, uid, peer, reason, detail });
    }
  }

  #emitScores({ scores }: WindowRecord, window: number): void {
    this.dependencies.emit({
      event: "scored",
      window,
      uid: this.identity.uid,
      scores: scores.map(({ uid, score, weight, gain, evidence, penalties }) => ({
        peer: uid,
        score,
        weight,
        ...(gain === undefined ? {} : { gain }),
        ...(evidence === undefined ? {} : { evidence }),
        penalties: penalties.map(({ rule }) => rule),
      })),
    });
  }

  async #timed<Value>(window: number, task: () => Promise<Value>): Promise<Value> {
    const { emit, stopwatch } = this.dependencies;
    const { uid } = this.identity;
    const start = stopwatch();
    emit({ event: "phase", window, uid, phase: "evaluate" });
    const value = await task();
    emit({ event: "phase-ended", window, uid, phase: "evaluate", seconds: stopwatch() - start });
    return value;
  }
}
