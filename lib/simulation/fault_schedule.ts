import { BUCKET_FAULTS, type BucketFault, type BucketFaults } from "../bucket/fault_bucket.ts";
import { type Chain, ChainUnavailableError } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";
import type { SeededRandom } from "../random/seeded_random.ts";
import type { Fate } from "./node_gate.ts";
import type { Scenario } from "./scenario.ts";

/** Longest freeze, downtime or partition of a node, seconds. */
const OUTAGE_SECONDS_MAX = 400;
/** Longest latency of a request without a fault, milliseconds. */
const LATENCY_MS_MAX = 400;
/** Largest error of a wrong modification time, milliseconds. */
const SKEW_MS_MAX = 120_000;

/** Faults injected into one node, drawn from the node's random stream. */
export class FaultSchedule implements BucketFaults {
  #storeCutUntilMs = 0;
  #chainCutUntilMs = 0;

  /**
   * @param faultsEndMs Time from which no faults occur.
   * @param disksFailUntilMs Time until which what others retain makes up for a lost disk.
   */
  constructor(
    readonly faults: Scenario["faults"],
    readonly random: SeededRandom,
    readonly clock: Clock,
    readonly faultsEndMs: number,
    readonly disksFailUntilMs: number,
  ) {}

  /** Whether faults may occur now. */
  get active(): boolean {
    return this.clock.nowMs() < this.faultsEndMs;
  }

  /** Starts a window, in which the node may be cut off from store or chain for a while. */
  windowBegins(): void {
    if (!this.active) return;
    const untilMs = () => this.clock.nowMs() + this.outageSeconds() * 1000;
    if (this.#happens(this.faults.partition)) this.#storeCutUntilMs = untilMs();
    if (this.#happens(this.faults.partition)) this.#chainCutUntilMs = untilMs();
  }

  /** Draws the fate of the node's next call. */
  fate(): Fate {
    if (!this.active) return undefined;
    if (this.#happens(this.faults.crash)) return { crash: true };
    if (this.#happens(this.faults.freeze)) return { freezeSeconds: this.outageSeconds() };
    return undefined;
  }

  /** Draws whether a crash also erases the disk. */
  diskIsLost(): boolean {
    return this.clock.nowMs() < this.disksFailUntilMs && this.#happens(this.faults.diskLoss);
  }

  /** Draws the duration of an outage, seconds. */
  outageSeconds(): number {
    return 1 + OUTAGE_SECONDS_MAX * this.random.uniform() ** 2;
  }

  /** See {@linkcode BucketFaults.next}. */
  next(): BucketFault | undefined {
    if (!this.active) return undefined;
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

  /** Wraps a chain with the latency and faults that this node meets. */
  chain(chain: Chain): Chain {
    const ask = async <Value>(request: () => Promise<Value>): Promise<Value> => {
      await this.clock.sleepUntil(this.clock.nowMs() + this.latencyMs());
      const cut = this.active && this.clock.nowMs() < this.#chainCutUntilMs;
      if (cut || (this.active && this.#happens(this.faults.chain))) {
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
