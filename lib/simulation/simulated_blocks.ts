import type { BlockSchedule } from "../chain/memory_chain.ts";
import type { Clock } from "../clock/clock.ts";

/** Blocks of a simulated chain; slots can be missed, and the newest blocks lost for a while. */
export class SimulatedBlocks implements BlockSchedule {
  readonly #timesMs: number[];
  #lost = 0;
  #lostUntilMs = 0;

  /** @param isMissed Reports whether the next slot stays empty. */
  constructor(
    readonly clock: Clock,
    readonly blockMs: number,
    readonly genesisMs: number,
    readonly isMissed: () => boolean,
  ) {
    this.#timesMs = [genesisMs];
  }

  /** Returns the newest block at the current time. */
  block(): number {
    const nowMs = this.clock.nowMs();
    const newest = this.#newest(nowMs);
    return nowMs < this.#lostUntilMs ? Math.max(0, newest - this.#lost) : newest;
  }

  /** Returns when a block was made; future blocks are expected without missed slots. */
  blockTimeMs(block: number): number {
    const newest = this.#newest(this.clock.nowMs());
    if (block <= newest) return this.#timesMs[block];
    return this.#timesMs[newest] + (block - newest) * this.blockMs;
  }

  /** Loses the newest blocks until others replace them, and returns the first lost one. */
  lose(count: number): number {
    this.#lost = count;
    this.#lostUntilMs = this.clock.nowMs() + count * this.blockMs;
    return this.block() + 1;
  }

  #newest(nowMs: number): number {
    const times = this.#timesMs;
    for (let last = times[times.length - 1]; last <= nowMs;) {
      last += this.blockMs * (this.isMissed() ? 2 : 1);
      times.push(last);
    }
    let newest = times.length - 1;
    while (newest > 0 && times[newest] > nowMs) newest--;
    return newest;
  }
}
