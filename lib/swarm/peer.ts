import { createHash } from "node:crypto";
import type { Bucket } from "../bucket/bucket.ts";
import type { Chain } from "../chain/chain.ts";
import type { Keypair } from "../chain/keypair.ts";
import type { Clock } from "../clock/clock.ts";
import type { Corpus } from "../corpus/corpus.ts";
import { compress } from "../sparseloco/compress.ts";
import { encodeManifest } from "../sparseloco/manifest.ts";
import { learningRate } from "../sparseloco/schedule.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import { encodeSubmission } from "../sparseloco/submission.ts";
import { elementCount } from "../graph/tensor.ts";
import type { ParameterValues } from "../llama/trainer.ts";
import { applySubmissions } from "./apply_submissions.ts";
import { publishDigest, readDigest } from "./digest_statement.ts";
import { type Gathered, gatherSubmissions } from "./gather_submissions.ts";
import type { InnerStep, Learner } from "./learner.ts";
import { objectKeys } from "./object_keys.ts";
import type { PeerState, PeerStateStore } from "./peer_state.ts";
import type { RunDefinition } from "./run_definition.ts";
import type { Emit, Phase } from "./swarm_event.ts";
import { WindowClock, type WindowTimes } from "./window_clock.ts";

/** All that a peer reaches the world through. */
export interface PeerDependencies {
  /** Time. */
  readonly clock: Clock;
  /** Ledger. */
  readonly chain: Chain;
  /** The peer's own bucket. */
  readonly bucket: Bucket;
  /** Bucket of any peer, as committed. */
  readonly bucketOf: (uid: number) => Promise<Bucket | undefined>;
  /** The peer's key. */
  readonly keypair: Keypair;
  /** What trains. */
  readonly learner: Learner;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Where states are saved. */
  readonly store: PeerStateStore;
  /** Takes events. */
  readonly emit: Emit;
  /** Real seconds, for durations only. */
  readonly stopwatch: () => number;
  /** Ends the peer between two writes. */
  readonly signal: AbortSignal;
}

/** Identity of a peer within a run. */
export interface PeerIdentity {
  /** Number on the chain. */
  readonly uid: number;
  /** Run id. */
  readonly run: string;
  /** What the run's peers share. */
  readonly definition: RunDefinition;
  /** Sequences of one pass over the model; divides the run's batch. */
  readonly microBatch: number;
}

/** What a peer knows of a window once it is over. */
export interface WindowOutcome {
  /** Digest of the state. */
  readonly digest: string;
  /** Whether most peers that published a digest have the same one. */
  readonly agrees: boolean;
}

/**
 * One peer of a run: trains, submits, gathers, takes the outer step, compares digests. The order of a
 * window is that of the reference's miner.
 */
export class Peer {
  readonly #windows: WindowClock;

  constructor(readonly identity: PeerIdentity, readonly dependencies: PeerDependencies) {
    const { chain, clock } = dependencies;
    this.#windows = new WindowClock(chain, clock, identity.definition.window);
  }

  /**
   * Goes through one window and saves the state it ends with, unless most peers have another one.
   *
   * @param state Updated in place once the window is over; after an error it is to be loaded anew.
   */
  async runWindow(state: PeerState): Promise<WindowOutcome> {
    const { clock, signal, store } = this.dependencies;
    const { window } = state;
    const times = await this.#windows.times(window);
    const { delta, optimizer, digest: sampleDigest } = await this.#phase(
      window,
      "train",
      (begin) => this.#train(state, times, begin),
    );
    const bytes = await this.#phase(
      window,
      "compress",
      () => Promise.resolve(this.#compress(state, delta, sampleDigest)),
    );
    await clock.sleepUntil(times.endMs, signal);
    await this.#phase(window, "upload", () => this.#upload(window, bytes, sampleDigest));
    await clock.sleepUntil(times.uploadEndMs + 1, signal);
    const accepted = await this.#phase(window, "gather", () => this.#gather(window, times));
    const digest = await this.#phase(window, "outer", () => this.#outerStep(state, accepted));
    await clock.sleepUntil(times.digestEndMs, signal);
    const agrees = await this.#compareDigests(window, digest, times);
    if (!agrees) return { digest, agrees };
    state.optimizer = optimizer;
    state.window = window + 1;
    await this.#phase(window, "save", () => store.save(state));
    return { digest, agrees };
  }

  /** Inner steps; gives the pseudo-gradient, positive where parameters are to become smaller. */
  async #train(state: PeerState, times: WindowTimes, onStart: () => void) {
    const { definition: { training }, uid } = this.identity;
    const { clock, corpus, emit, learner, signal } = this.dependencies;
    const { window } = state;
    const { samples, digest } = corpus.assign(uid, window, training.innerSteps * training.batch);
    const rate = (index: number) =>
      learningRate(training.schedule, window * training.innerSteps + index);
    const { parameters, optimizer } = await learner.train(
      state,
      this.#innerSteps(samples, rate),
      {
        onStart: () => {
          signal.throwIfAborted();
          onStart();
        },
        onStep: ({ loss, gradientNorm }, step) => {
          const tokens = training.batch * training.sequence;
          emit({
            event: "step",
            window,
            uid,
            step,
            loss,
            gradientNorm,
            learningRate: rate(step),
            tokens,
          });
          signal.throwIfAborted();
          return clock.nowMs() < times.endMs;
        },
      },
    );
    const delta: ParameterValues = new Map();
    for (const { name } of learner.tensors) {
      const before = state.parameters.get(name)!;
      const after = parameters.get(name)!;
      for (let i = 0; i < after.length; i++) after[i] = before[i] - after[i];
      delta.set(name, after);
    }
    return { delta, optimizer, digest };
  }

  *#innerSteps(samples: Uint32Array, rate: (index: number) => number): Iterable<InnerStep> {
    const { definition: { training }, microBatch } = this.identity;
    for (let index = 0; index < training.innerSteps; index++) {
      const ofStep = samples.subarray(index * training.batch, (index + 1) * training.batch);
      const batches = Array.from(
        { length: training.batch / microBatch },
        (_, i) =>
          this.dependencies.corpus.batch(ofStep.subarray(i * microBatch, (i + 1) * microBatch)),
      );
      yield { batches, learningRate: rate(index) };
    }
  }

  /** Error feedback, top-k, quantiser and coding; what is not sent stays in the state. */
  #compress(state: PeerState, delta: ParameterValues, sampleDigest: string): Uint8Array {
    const { definition: { sparseloco }, uid } = this.identity;
    const { emit, learner } = this.dependencies;
    const tensors = learner.tensors.map(({ name, dims }) =>
      compress(
        delta.get(name)!,
        state.errorFeedback.get(name)!,
        dims,
        sparseloco.topk,
        sparseloco.errorFeedbackDecay,
      )
    );
    const bytes = encodeSubmission({ ...this.#context(state.window), uid }, tensors);
    emit({
      event: "submitted",
      window: state.window,
      uid,
      bytes: bytes.length,
      values: tensors.reduce((sum, { codes }) => sum + codes.length, 0),
      denseBytes: learner.tensors.reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0),
      sampleDigest,
    });
    return bytes;
  }

  /** The manifest goes last: whoever sees it finds the submission. */
  async #upload(window: number, bytes: Uint8Array, sampleDigest: string): Promise<void> {
    const { definition: { training }, run, uid } = this.identity;
    const { bucket, keypair } = this.dependencies;
    const manifest = {
      run,
      window,
      uid,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      sampleDigest,
      sampleCount: training.innerSteps * training.batch,
    };
    await bucket.put(objectKeys.submission(window, uid), bytes);
    const signed = encodeManifest(manifest, (message) => keypair.sign(message));
    await bucket.put(objectKeys.manifest(window, uid), signed);
  }

  async #gather(window: number, times: WindowTimes): Promise<Gathered[]> {
    const { uid } = this.identity;
    const { bucketOf, chain, emit } = this.dependencies;
    const results = await gatherSubmissions(await chain.registrations(), {
      context: this.#context(window),
      times,
      bucketOf,
    });
    const accepted: Gathered[] = [];
    for (const result of results) {
      if (!("refused" in result)) accepted.push(result);
      else {
        const { refused: { reason, message }, uid: peer } = result;
        emit({ event: "refused", window, uid, peer, reason, detail: message });
      }
    }
    emit({ event: "accepted", window, uid, peers: accepted.map(({ uid }) => uid) });
    return accepted;
  }

  async #outerStep(state: PeerState, accepted: Gathered[]): Promise<string> {
    const { definition: { sparseloco }, run, uid } = this.identity;
    const { bucket, emit, keypair, learner } = this.dependencies;
    const { parameters, window } = state;
    if (accepted.length > 0) applySubmissions(learner.tensors, parameters, accepted, sparseloco);
    else emit({ event: "skipped", window, uid, reason: "no submission was accepted" });
    const digest = stateDigest(learner.tensors, parameters);
    await publishDigest(bucket, { run, window, uid, digest }, keypair);
    emit({ event: "digest", window, uid, digest });
    return digest;
  }

  async #compareDigests(
    window: number,
    own: string,
    { digestEndMs: endMs }: WindowTimes,
  ): Promise<boolean> {
    const { run, uid } = this.identity;
    const { bucketOf, chain, emit } = this.dependencies;
    const [agree, disagree, silent]: number[][] = [[], [], []];
    for (const peer of await chain.registrations()) {
      const bucket = await bucketOf(peer.uid);
      const digest = bucket && await readDigest(bucket, { run, window, endMs }, peer);
      (digest === own ? agree : digest === undefined ? silent : disagree).push(peer.uid);
    }
    emit({ event: "agreement", window, uid, agree, disagree, silent });
    return agree.length > disagree.length;
  }

  #context(window: number) {
    const { run, definition: { sparseloco: { topk } } } = this.identity;
    return { run, window, topk, tensors: this.dependencies.learner.tensors };
  }

  /** Times a part of a window; a task that has to wait for its turn calls `begin` when it comes. */
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
