import { createHash } from "node:crypto";
import { elementCount } from "../tensor/dims.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import { compress } from "../sparseloco/compress.ts";
import { keptCount } from "../sparseloco/compressed_tensor.ts";
import { encodeManifest } from "../sparseloco/manifest.ts";
import { pseudoGradient } from "../sparseloco/pseudo_gradient.ts";
import { learningRate } from "../sparseloco/schedule.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import { encodeSubmission } from "../sparseloco/submission.ts";
import { applySubmissions } from "./apply_submissions.ts";
import { awaitVerdict } from "./statement/await_verdict.ts";
import { type Behaviour, deliverHonestly, type Delivery, type Moment } from "./behaviour.ts";
import { compareStates, publishState } from "./statement/exchange_states.ts";
import { fetchAccepted } from "./examination/fetch_accepted.ts";
import type { Learner, Optimizer } from "./learner.ts";
import type { NodeDependencies, NodeIdentity } from "./node.ts";
import { objectKeys } from "./statement/object_keys.ts";
import { peerSnapshot, type PeerState } from "./peer_state.ts";
import { isTransient, retryTransient } from "./retry_transient.ts";
import { removeOldObjects } from "./statement/remove_old_objects.ts";
import { trainersOf } from "./roles.ts";
import type { Phase } from "./swarm_event.ts";
import { WindowClock, type WindowTimes } from "./window_clock.ts";
import { innerSteps } from "./inner_steps.ts";

/** External dependencies of a peer. */
export interface PeerDependencies extends NodeDependencies {
  /** Trains the model. */
  readonly learner: Learner;
  /** Deviations from honest behaviour, for attack simulations. */
  readonly behaviour?: Behaviour;
}

/** Outcome of a window for a peer. */
export interface WindowOutcome {
  /** State to continue from. */
  readonly state: PeerState;
  /** Whether no other state has more supporters. */
  readonly agrees: boolean;
}

/** Result of a peer's work in a window. */
interface Contribution {
  /** AdamW state after the inner steps. */
  readonly optimizer: Optimizer | undefined;
  /** Unsent residual, by tensor. */
  readonly errorFeedback: ParameterValues;
  /** Encoded submission. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Digest of the assigned samples. */
  readonly sampleDigest: string;
}

/**
 * A peer of a run: trains, commits, uploads, applies the verdict, publishes its state. A peer that is late
 * for a window skips its own work but still applies the verdict.
 */
export class Peer {
  readonly #windows: WindowClock;

  constructor(readonly identity: NodeIdentity, readonly dependencies: PeerDependencies) {
    const { chain, clock } = dependencies;
    this.#windows = new WindowClock(chain, clock, identity.definition.window);
  }

  /** Runs one window and saves the resulting state, unless most nodes have a different one. */
  async runWindow(state: PeerState): Promise<WindowOutcome> {
    const { emit, signal, store } = this.dependencies;
    const { window } = state;
    const { uid } = this.identity;
    const onDelay = (reason: string) => emit({ event: "delayed", window, uid, reason });
    const patience = { ...this.dependencies, onDelay };
    await retryTransient(() => this.#windows.begun(window, signal), patience);
    const contribution = await this.#contribute(state);
    const outcome = await retryTransient(() => this.#conclude(state, contribution), patience);
    if (outcome.agrees) {
      const save = async () => await store.save(await peerSnapshot(outcome.state));
      await this.#phase(window, "save", save);
    }
    return outcome;
  }

  /** Does the peer's work, as far as time and store permit. */
  async #contribute(state: PeerState): Promise<Contribution | undefined> {
    const { clock, emit, retrySeconds, signal } = this.dependencies;
    const { uid } = this.identity;
    const { window } = state;
    let made: Contribution | undefined;
    try {
      const times = await this.#windows.times(window);
      if (clock.nowMs() >= times.commitMs) {
        emit({ event: "idle", window, uid, reason: "the window's training time is over" });
        return undefined;
      }
      const moment = await this.#moment(window, times);
      made = await this.#makeContribution(state, moment);
      await this.#phase(window, "upload", (begin) => this.#deliver(made!, moment, begin));
    } catch (cause) {
      signal.throwIfAborted();
      if (retrySeconds === undefined || !isTransient(cause)) throw cause;
      emit({ event: "delayed", window, uid, reason: (cause as Error).message });
    }
    return made;
  }

  async #moment(window: number, times: WindowTimes): Promise<Moment> {
    const { bucketOf, chain, clock, corpus } = this.dependencies;
    const { definition } = this.identity;
    const peers = trainersOf(await chain.registrations()).map(({ uid }) => uid);
    return { context: this.#context(window), definition, times, corpus, clock, peers, bucketOf };
  }

  /** Runs the inner steps and compresses their result. */
  async #makeContribution(state: PeerState, moment: Moment): Promise<Contribution> {
    const { behaviour, corpus } = this.dependencies;
    const { definition: { training }, uid } = this.identity;
    const { window } = state;
    const assigned = corpus.assign(uid, window, training.innerSteps * training.batch);
    const samples = behaviour?.samples?.(assigned.samples, moment) ?? assigned.samples;
    const train = (begin: () => void) => this.#train(state, samples, moment.times, begin);
    const trained = await this.#phase(window, "train", train);
    return await this.#phase(window, "compress", async () => {
      const errorFeedback = new Map(
        [...state.errorFeedback].map(([name, values]) => [name, values.slice()]),
      );
      const bytes = await this.#compress(trained.delta, errorFeedback, moment);
      this.#emitSubmitted(bytes, window, assigned.digest);
      const { optimizer } = trained;
      return { optimizer, errorFeedback, bytes, sampleDigest: assigned.digest };
    });
  }

  /**
   * Commits to the bytes before the window ends and uploads them after, so that no peer can copy what counts.
   */
  async #deliver(
    { bytes, sampleDigest }: Contribution,
    moment: Moment,
    onUploads: () => void,
  ): Promise<void> {
    const { behaviour, bucket, clock, signal } = this.dependencies;
    const { uid, window } = moment.context;
    const delivery: Delivery = {
      commit: async (bytes) => {
        const manifest = this.#manifest(bytes, sampleDigest, window);
        await bucket.put(objectKeys.manifest(window, uid), manifest);
      },
      untilUploads: async () => {
        await this.#windows.begun(window + 1, signal);
        const { endMs } = await this.#windows.times(window);
        await clock.sleepUntil(endMs, signal);
        onUploads();
      },
      upload: async (bytes) => {
        await bucket.put(objectKeys.submission(window, uid), bytes);
      },
      until: (timeMs) => clock.sleepUntil(timeMs, signal),
    };
    if (behaviour?.deliver) return await behaviour.deliver(bytes, delivery, moment);
    await deliverHonestly(bytes, delivery);
  }

  #manifest(bytes: Uint8Array, sampleDigest: string, window: number): Uint8Array {
    const { definition: { training }, run, uid } = this.identity;
    const manifest = {
      run,
      window,
      uid,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      sampleDigest,
      sampleCount: training.innerSteps * training.batch,
    };
    return encodeManifest(manifest, (message) => this.dependencies.keypair.sign(message));
  }

  /**
   * Runs the inner steps and returns the pseudo-gradient, positive where parameters are to
   * decrease.
   */
  async #train(
    state: PeerState,
    samples: Uint32Array,
    times: WindowTimes,
    onStart: () => void,
  ): Promise<{ delta: ParameterValues; optimizer: Optimizer | undefined }> {
    const { definition: { training }, uid } = this.identity;
    const { clock, corpus, emit, learner, signal } = this.dependencies;
    const { window } = state;
    const rate = (index: number) =>
      learningRate(training.schedule, window * training.innerSteps + index);
    const tokens = training.batch * training.sequence;
    const { parameters, optimizer } = await learner.train(
      state,
      innerSteps(corpus, samples, training.batch, rate),
      {
        onStart: () => {
          signal.throwIfAborted();
          onStart();
        },
        onStep: ({ loss, gradientNorm }, step) => {
          const learningRate = rate(step);
          emit({ event: "step", window, uid, step, loss, gradientNorm, learningRate, tokens });
          signal.throwIfAborted();
          return clock.nowMs() < times.commitMs;
        },
      },
    );
    return { delta: pseudoGradient(state.parameters, parameters), optimizer };
  }

  /** Applies error feedback, top-k, quantisation and encoding; the residual stays in the error feedback. */
  async #compress(
    delta: ParameterValues,
    errorFeedback: ParameterValues,
    moment: Moment,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { definition: { sparseloco: { errorFeedbackDecay, topk } } } = this.identity;
    const { behaviour, learner } = this.dependencies;
    const honest = learner.shapes.map(({ name, dims }) =>
      compress(delta.get(name)!, errorFeedback.get(name)!, dims, topk, errorFeedbackDecay)
    );
    const tensors = await behaviour?.tensors?.(honest, moment) ?? honest;
    const bytes = encodeSubmission(moment.context, tensors);
    return behaviour?.encode?.(bytes, moment) ?? bytes;
  }

  #emitSubmitted({ length: bytes }: Uint8Array, window: number, sampleDigest: string): void {
    const { definition: { sparseloco: { topk } }, uid } = this.identity;
    const { emit, learner: { shapes } } = this.dependencies;
    const values = shapes.reduce((sum, { dims }) => sum + keptCount(dims, topk), 0);
    const denseBytes = shapes.reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
    emit({ event: "submitted", window, uid, bytes, values, denseBytes, sampleDigest });
  }

  /** Applies the verdict, publishes the resulting state and compares it with the other nodes' states. */
  async #conclude(
    state: PeerState,
    contribution: Contribution | undefined,
  ): Promise<WindowOutcome> {
    const { bucket, bucketOf, chain, clock, emit, learner, signal, verify } = this.dependencies;
    const { definition: { sparseloco }, retainedWindows, run, uid } = this.identity;
    const { window } = state;
    const about = { run, window, uid };
    await this.#windows.begun(window + 1, signal);
    const times = await this.#windows.times(window);
    await clock.sleepUntil(times.uploadEndMs + 1, signal);
    const { accepted, nonce } = await this.#phase(window, "gather", async () => {
      const { leaderBucket, verdict } = await awaitVerdict(this.dependencies, about);
      const registrations = await chain.registrations();
      const context = this.#context(window);
      const options = { context, verify, bucketOf, registrations, leaderBucket };
      return { accepted: await fetchAccepted(verdict, options), nonce: verdict.nonce };
    });
    emit({ event: "applied", window, uid, peers: accepted.map(({ uid }) => uid) });
    const parameters = await this.#phase(
      window,
      "outer",
      () =>
        Promise.resolve(applySubmissions(learner.shapes, state.parameters, accepted, sparseloco)),
    );
    const digest = stateDigest(learner.shapes, parameters);
    const shown = { ...this.dependencies, shapes: learner.shapes, about, nonce, digest };
    await publishState({ ...shown, state: parameters });
    emit({ event: "digest", window, uid, digest });
    await clock.sleepUntil(times.digestEndMs, signal);
    const counted = accepted.map(({ uid }) => uid);
    const compared = { ...this.dependencies, about, times };
    const { agrees, ...standing } = await compareStates(digest, counted, compared);
    emit({ event: "agreement", window, uid, ...standing });
    await removeOldObjects(bucket, window, retainedWindows);
    const { optimizer, errorFeedback } = contribution ?? state;
    return { state: { window: window + 1, parameters, optimizer, errorFeedback }, agrees };
  }

  #context(window: number) {
    const { run, definition: { sparseloco: { topk } }, uid } = this.identity;
    return { run, window, uid, topk, shapes: this.dependencies.learner.shapes };
  }

  /** Times a phase of a window; a task that is queued first calls `begin` when it starts. */
  async #phase<Value>(
    window: number,
    phase: Phase,
    task: (begin: () => void) => Promise<Value>,
  ): Promise<Value> {
    const { emit, signal, stopwatch } = this.dependencies;
    signal.throwIfAborted();
    const { uid } = this.identity;
    let start = stopwatch();
    emit({ event: "phase", window, uid, phase });
    const value = await task(() => start = stopwatch());
    emit({ event: "phase-ended", window, uid, phase, seconds: stopwatch() - start });
    return value;
  }
}
