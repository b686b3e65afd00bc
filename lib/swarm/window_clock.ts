import type { Chain } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";

/** Division of blocks into windows. */
export interface WindowSettings {
  /** Blocks per window. */
  readonly blocks: number;
  /** Nominal time between blocks. */
  readonly blockSeconds: number;
  /** Seconds at the end of a window in which peers compress and commit to their uploads. */
  readonly commitSeconds: number;
  /** Seconds at the start of the next window in which uploads count. */
  readonly acceptanceSeconds: number;
  /** Seconds after that in which the verdict is published and applied, and states are published. */
  readonly digestSeconds: number;
}

/** Times of one window, milliseconds since 1970. */
export interface WindowTimes {
  /** End of inner steps; manifests are due. */
  readonly commitMs: number;
  /** End of window w and start of window w + 1: the committed bytes are uploaded. */
  readonly endMs: number;
  /** Deadline for uploads. */
  readonly uploadEndMs: number;
  /** Deadline for state statements, which are compared then. */
  readonly digestEndMs: number;
}

/**
 * Derives windows from the chain and waits for their times. It never goes backwards, whatever the chain does.
 */
export class WindowClock {
  #blockMax = 0;

  /** @param settings Shared by all nodes of a run. */
  constructor(
    readonly chain: Chain,
    readonly clock: Clock,
    readonly settings: WindowSettings,
  ) {}

  /** Returns the window of the newest block. */
  async current(): Promise<number> {
    return Math.floor(await this.#block() / this.settings.blocks);
  }

  /** Returns the times of a window in chain time; an estimate until the window ends. */
  async times(window: number): Promise<WindowTimes> {
    const { acceptanceSeconds, blocks, commitSeconds, digestSeconds } = this.settings;
    const endMs = await this.chain.blockTimeMs((window + 1) * blocks);
    const uploadEndMs = endMs + acceptanceSeconds * 1000;
    return {
      commitMs: endMs - commitSeconds * 1000,
      endMs,
      uploadEndMs,
      digestEndMs: uploadEndMs + digestSeconds * 1000,
    };
  }

  /** Waits until the chain has produced the first block of a window. */
  async begun(window: number, signal: AbortSignal): Promise<void> {
    const first = window * this.settings.blocks;
    while (await this.#block() < first) {
      const soonMs = this.clock.nowMs() + this.settings.blockSeconds * 1000;
      const expectedMs = await this.chain.blockTimeMs(first);
      await this.clock.sleepUntil(expectedMs > this.clock.nowMs() ? expectedMs : soonMs, signal);
    }
  }

  async #block(): Promise<number> {
    this.#blockMax = Math.max(this.#blockMax, await this.chain.block());
    return this.#blockMax;
  }
}
