import type { Chain } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";

/** How blocks make windows. */
export interface WindowSettings {
  /** Blocks of a window. */
  readonly blocks: number;
  /** Time between blocks as it is meant to be. */
  readonly blockSeconds: number;
  /** Seconds at the end of a window in which peers compress, and commit to what they will upload. */
  readonly commitSeconds: number;
  /** Seconds at the start of the next window in which uploads count. */
  readonly acceptanceSeconds: number;
  /** Seconds after that in which the verdict is published and applied, and states are shown. */
  readonly digestSeconds: number;
}

/** Moments of one window, milliseconds since 1970. */
export interface WindowTimes {
  /** Inner steps stop; manifests are due. */
  readonly commitMs: number;
  /** Window w ends, window w + 1 begins: what was committed is uploaded. */
  readonly endMs: number;
  /** Uploads after this are too late. */
  readonly uploadEndMs: number;
  /** What is said of states up to here is compared. */
  readonly digestEndMs: number;
}

/** Reads windows off the chain and waits for their moments. It never goes backwards, whatever the chain does. */
export class WindowClock {
  #blockMax = 0;

  /** @param settings Same for all nodes of a run. */
  constructor(
    readonly chain: Chain,
    readonly clock: Clock,
    readonly settings: WindowSettings,
  ) {}

  /** Window that the newest block belongs to. */
  async current(): Promise<number> {
    return Math.floor(await this.#block() / this.settings.blocks);
  }

  /** Moments of a window, by the chain's time; a forecast while it lasts. */
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

  /** Waits until the chain has made the block that begins a window. */
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
