import type { Chain } from "../chain/chain.ts";
import type { Clock } from "../clock/clock.ts";

/** How blocks make windows. */
export interface WindowSettings {
  /** Blocks of a window. */
  readonly blocks: number;
  /** Seconds at the start of the next window in which uploads count. */
  readonly acceptanceSeconds: number;
  /** Seconds after that in which digests are published. */
  readonly digestSeconds: number;
}

/** Moments of one window, milliseconds since 1970. */
export interface WindowTimes {
  /** Window w ends, window w + 1 begins: uploads may start. */
  readonly endMs: number;
  /** Uploads after this are too late. */
  readonly uploadEndMs: number;
  /** Digests published up to here are compared. */
  readonly digestEndMs: number;
}

/** Reads windows off the chain and waits for their moments. */
export class WindowClock {
  /** @param settings Same for all peers of a run. */
  constructor(
    readonly chain: Chain,
    readonly clock: Clock,
    readonly settings: WindowSettings,
  ) {}

  /** Window that the newest block belongs to. */
  async current(): Promise<number> {
    return Math.floor(await this.chain.block() / this.settings.blocks);
  }

  /** Moments of a window, by the chain's time. */
  async times(window: number): Promise<WindowTimes> {
    const { blocks, acceptanceSeconds, digestSeconds } = this.settings;
    const endMs = await this.chain.blockTimeMs((window + 1) * blocks);
    const uploadEndMs = endMs + acceptanceSeconds * 1000;
    return { endMs, uploadEndMs, digestEndMs: uploadEndMs + digestSeconds * 1000 };
  }
}
