import type { ParameterValues } from "../tensor/parameter_values.ts";
import { decompress } from "../sparseloco/compressed_tensor.ts";
import { decodeSubmission } from "../sparseloco/submission.ts";
import type { Snapshot } from "../swarm/store/state_store.ts";
import type { EventOf, SwarmEvent } from "../swarm/swarm_event.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** Properties of a simulation that the checkers rely on. */
export interface CheckedWorld {
  /** Tensors of the model. */
  readonly shapes: readonly TensorShape[];
  /** Run id. */
  readonly run: string;
  /** Entries kept per chunk. */
  readonly topk: number;
  /** Decay factor of the error feedback per window. */
  readonly decay: number;
  /** Uids of honest nodes. */
  readonly honest: ReadonlySet<number>;
  /** Uids of peers that never send a valid submission. */
  readonly invalid: ReadonlySet<number>;
}

/** Tolerated rounding error of a sum of two f32. */
const TOLERANCE = 1e-5;

/** Checks the invariants of a simulation and records violations. */
export class Checkers {
  /** Window from which no faults occur and every honest node has caught up. */
  faultlessWindow = Infinity;
  /** Violations, in order. */
  readonly violations: string[] = [];
  /** Digests of the common state, by window. */
  readonly digests = new Map<number, string>();
  /** Number of concluded windows, by uid. */
  readonly concluded = new Map<number, number>();
  readonly #work = new Map<number, { delta?: ParameterValues; bytes?: Uint8Array }>();
  readonly #saved = new Map<number, Snapshot>();

  readonly #parameters = new Map<number, ParameterValues>();

  constructor(readonly world: CheckedWorld) {}

  /** Checks an event of a node. */
  event(event: SwarmEvent): void {
    if (!("uid" in event) || !this.world.honest.has(event.uid)) return;
    if (event.event === "digest") this.#checkDigest(event.window, event.uid, event.digest);
    if (event.event === "applied" || event.event === "verdict") {
      const peers = event.event === "applied" ? event.peers : event.accepted;
      for (const peer of peers.filter((uid) => this.world.invalid.has(uid))) {
        this.fail(
          `node ${event.uid} applied an invalid submission of peer ${peer}, window ${event.window}`,
        );
      }
    }
    if (event.event === "scored" && event.window >= this.faultlessWindow) this.#checkBlame(event);
    if (event.event === "agreement" && event.agree.length <= event.disagree.length) {
      this.fail(`peer ${event.uid} is in a minority after window ${event.window}`);
    }
  }

  /** Records that a node has restarted and lost its unsaved state. */
  restarted(uid: number): void {
    this.#work.delete(uid);
  }

  /** Records that a node has lost its disk, error feedback included. */
  forgot(uid: number): void {
    this.#saved.delete(uid);
  }

  /** Records the parameters before and after a peer's training. */
  trained(uid: number, before: ParameterValues, after: ParameterValues): void {
    const delta = new Map([...after].map(([name, values]) => [
      name,
      values.map((value, i) => before.get(name)![i] - value),
    ]));
    this.#work.set(uid, { delta });
  }

  /** Records the bytes that a peer uploads. */
  uploaded(uid: number, bytes: Uint8Array): void {
    const work = this.#work.get(uid);
    if (work) work.bytes = bytes;
  }

  /** Checks and records a state that a node has saved. */
  saved(uid: number, snapshot: Snapshot): void {
    for (const [part, values] of Object.entries(snapshot.parts)) {
      for (const [name, tensor] of values) {
        if (!tensor.every(Number.isFinite)) this.fail(`node ${uid}: ${part}.${name} is not finite`);
      }
    }
    this.concluded.set(uid, Math.max(this.concluded.get(uid) ?? 0, snapshot.window));
    if (this.world.honest.has(uid) && "error_feedback" in snapshot.parts) {
      this.#checkConservation(uid, snapshot);
    }
    this.#saved.set(uid, snapshot);
    if (this.world.honest.has(uid)) {
      this.#parameters.set(snapshot.window, snapshot.parts.parameters);
    }
  }

  /** Returns the parameters before a window, as saved by an honest node. */
  parametersAt(window: number): ParameterValues | undefined {
    return this.#parameters.get(window);
  }

  /** Records a violation. */
  fail(what: string): void {
    this.violations.push(what);
  }

  /** Checks that no honest validator penalises an honest peer as out of sync or invalid. */
  #checkBlame({ scores, uid, window }: EventOf<"scored">): void {
    for (const { peer, penalties } of scores) {
      const blamed = penalties.find((rule) => rule === "out-of-sync" || rule === "invalid");
      if (blamed && this.world.honest.has(peer)) {
        this.fail(`validator ${uid} calls peer ${peer} ${blamed} in window ${window}`);
      }
    }
  }

  #checkDigest(window: number, uid: number, digest: string): void {
    const common = this.digests.get(window) ?? digest;
    this.digests.set(window, common);
    if (digest !== common) {
      this.fail(
        `node ${uid} has ${digest.slice(0, 8)} after window ${window}, others ${
          common.slice(0, 8)
        }`,
      );
    }
  }

  /** Checks that decayed error feedback plus change equals what was sent plus what is kept. */
  #checkConservation(uid: number, snapshot: Snapshot): void {
    const before = this.#saved.get(uid)?.parts.error_feedback;
    const { bytes, delta } = this.#work.get(uid) ?? {};
    this.#work.delete(uid);
    if (!bytes || !delta) return;
    const { decay, run, shapes, topk } = this.world;
    const context = { run, uid, window: snapshot.window - 1, topk, shapes };
    let sent: Float32Array[];
    try {
      sent = decodeSubmission(context, bytes).map(decompress);
    } catch {
      return; // left over from an interrupted window
    }
    shapes.forEach(({ name }, t) => {
      const left = snapshot.parts.error_feedback.get(name)!;
      const change = delta.get(name)!;
      const old = before?.get(name);
      for (let i = 0; i < left.length; i++) {
        const there = decay * (old?.[i] ?? 0) + change[i];
        if (Math.abs(there - sent[t][i] - left[i]) > TOLERANCE * Math.max(1, Math.abs(there))) {
          return this.fail(
            `peer ${uid}, window ${snapshot.window - 1}: ${name}[${i}] had ${there}, sent ${
              sent[t][i]
            }, keeps ${left[i]}`,
          );
        }
      }
    });
  }
}
