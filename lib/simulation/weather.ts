import { BUCKET_FAULTS, type BucketFault, type BucketFaults } from "../bucket/fault_bucket.ts";
import { type Chain, ChainUnavailableError } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";
import type { SeededRandom } from "../random/seeded_random.ts";
import type { Fate } from "./node_gate.ts";
import type { Scenario } from "./scenario.ts";

/** Longest time that a node is frozen, down or cut off, seconds. */
const TROUBLE_SECONDS_MAX = 400;
/** Longest time that a request to a store takes when nothing is wrong, milliseconds. */
const LATENCY_MS_MAX = 400;
/** Furthest that a wrong time is off, milliseconds. */
const SKEW_MS_MAX = 120_000;

/** What goes wrong for one node; its own seed decides. */
export class Weather implements BucketFaults {
  #storeCutUntilMs = 0;
  #chainCutUntilMs = 0;

  /**
   * @param calmFromMs From then on nothing goes wrong any more.
   * @param disksFailUntilMs Until then a lost disk can be made up for from what others keep.
   */
  constructor(
    readonly faults: Scenario["faults"],
    readonly random: SeededRandom,
    readonly clock: Clock,
    readonly calmFromMs: number,
    readonly disksFailUntilMs: number,
  ) {}

  /** Whether things may go wrong now. */
  get stormy(): boolean {
    return this.clock.nowMs() < this.calmFromMs;
  }

  /** A window begins: the node may be cut off for a while. */
  windowBegins(): void {
    if (!this.stormy) return;
    const untilMs = () => this.clock.nowMs() + this.troubleSeconds() * 1000;
    if (this.#happens(this.faults.partition)) this.#storeCutUntilMs = untilMs();
    if (this.#happens(this.faults.partition)) this.#chainCutUntilMs = untilMs();
  }

  /** What happens to the node at its next call. */
  fate(): Fate {
    if (!this.stormy) return undefined;
    if (this.#happens(this.faults.crash)) return { crash: true };
    if (this.#happens(this.faults.freeze)) return { freezeSeconds: this.troubleSeconds() };
    return undefined;
  }

  /** Whether a crash takes the disk along. */
  diskIsLost(): boolean {
    return this.clock.nowMs() < this.disksFailUntilMs && this.#happens(this.faults.diskLoss);
  }

  /** Duration of an outage, seconds. */
  troubleSeconds(): number {
    return 1 + TROUBLE_SECONDS_MAX * this.random.uniform() ** 2;
  }

  /** See {@linkcode BucketFaults.next}. */
  next(): BucketFault | undefined {
    if (!this.stormy) return undefined;
    if (this.clock.nowMs() < this.#storeCutUntilMs) return "error-503";
    if (!this.#happens(this.faults.store)) return undefined;
    return BUCKET_FAULTS[Math.floor(this.random.uniform() * BUCKET_FAULTS.length)];
  }

  /** See {@linkcode BucketFaults.latencyMs}. */
  latencyMs(): number {
    return Math.ceil(LATENCY_MS_MAX * this.random.uniform() ** 3);
  }

  /** See {@linkcode BucketFaults.skewMs}. */
  skewMs(): number {
    return Math.round(SKEW_MS_MAX * (2 * this.random.uniform() - 1));
  }

  /** The chain as this node reaches it. */
  chain(chain: Chain): Chain {
    const ask = async <Value>(request: () => Promise<Value>): Promise<Value> => {
      await this.clock.sleepUntil(this.clock.nowMs() + this.latencyMs());
      const cut = this.stormy && this.clock.nowMs() < this.#chainCutUntilMs;
      if (cut || (this.stormy && this.#happens(this.faults.chain))) {
        throw new ChainUnavailableError("Cannot reach chain: disconnected");
      }
      return await request();
    };
    return {
      block: () => ask(() => chain.block()),
      blockTimeMs: (block) => ask(() => chain.blockTimeMs(block)),
      register: (hotkey, stake) => ask(() => chain.register(hotkey, stake)),
      registrations: () => ask(() => chain.registrations()),
      commit: (hotkey, text) => ask(() => chain.commit(hotkey, text)),
      commitment: (uid) => ask(() => chain.commitment(uid)),
      setWeights: (hotkey, weights) => ask(() => chain.setWeights(hotkey, weights)),
      weights: (uid) => ask(() => chain.weights(uid)),
      weightsBlock: (uid) => ask(() => chain.weightsBlock(uid)),
    };
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.random.uniform() < chance;
  }
}
