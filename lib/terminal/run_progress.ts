// Rules of this display: everything goes to standard error; a screen gets two lines that are redrawn, a
// pipe or file one plain line a window; nothing blinks, nothing is shown that is not in the events.
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { formatBytes, formatCount, formatSeconds } from "./format_quantity.ts";
import { sparkline } from "./loss_plot.ts";
import {
  emptySummary,
  type RunSummary,
  summarize,
  trainLoss,
  type WindowSummary,
} from "./run_summary.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings, seconds. */
const REDRAW_SECONDS = 0.1;

/** Shows a run while it goes on. */
export class RunProgress {
  readonly summary: RunSummary = emptySummary();
  readonly #startSeconds: number;
  #drawn = 0;
  #drawnSeconds = -Infinity;
  #stepTokens = 0;
  #stepSeconds = 0;
  #lastStepSeconds: number | undefined;

  /**
   * @param quiet Show nothing.
   * @param stopwatch Real seconds.
   */
  constructor(
    readonly terminal: Terminal,
    readonly quiet: boolean,
    readonly stopwatch: () => number,
  ) {
    this.#startSeconds = stopwatch();
  }

  /** Takes an event that was read from an earlier part of the run; shows nothing. */
  recall(event: SwarmEvent): void {
    summarize(this.summary, event);
  }

  /** Takes an event and shows what is new. */
  take(event: SwarmEvent): void {
    summarize(this.summary, event);
    this.#measure(event);
    if (this.quiet) return;
    if (event.event === "resumed") this.#line(`resuming at window ${event.window + 1}`);
    if (event.event === "refused") {
      this.#line(`refused peer ${event.peer} in window ${event.window + 1}: ${event.reason}`);
    }
    if (event.event === "held-out-loss") this.#line(this.#windowLine(event.window));
    else if (this.terminal.live) this.#redraw();
  }

  /** Removes the lines that are redrawn. */
  clear(): void {
    if (this.#drawn > 0) this.terminal.error(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  /** Speed of inner steps since the display began, tokens a second. */
  get tokensPerSecond(): number {
    return this.#stepSeconds > 0 ? this.#stepTokens / this.#stepSeconds : 0;
  }

  #measure(event: SwarmEvent): void {
    const nowSeconds = this.stopwatch();
    if (event.event !== "step") {
      if (event.event === "phase-ended") this.#lastStepSeconds = undefined;
      return;
    }
    if (this.#lastStepSeconds !== undefined) {
      this.#stepTokens += event.tokens;
      this.#stepSeconds += nowSeconds - this.#lastStepSeconds;
    }
    this.#lastStepSeconds = nowSeconds;
  }

  #line(text: string): void {
    this.clear();
    this.terminal.error(text + "\n");
    if (this.terminal.live) this.#redraw();
  }

  #redraw(): void {
    const nowSeconds = this.stopwatch();
    if (nowSeconds - this.#drawnSeconds < REDRAW_SECONDS && this.#drawn > 0) return;
    this.#drawnSeconds = nowSeconds;
    const lines = this.#liveLines().map((line) => line.slice(0, this.terminal.columns - 1));
    this.clear();
    this.terminal.error(lines.join("\n") + "\n");
    this.#drawn = lines.length;
  }

  #liveLines(): string[] {
    const { now, started, windows } = this.summary;
    if (!now || !started) return ["preparing"];
    const elapsed = formatSeconds(this.stopwatch() - this.#startSeconds);
    const current = windows.findLast(({ window }) => window === now.window);
    const loss = current && trainLoss(current);
    const losses = windows.flatMap((entry) => entry.heldOutLoss ?? []);
    const bytes = windows.flatMap(({ peerBytes }) => [...peerBytes.values()]).at(-1);
    return [
      [
        `window ${now.window + 1}/${started.windows}`,
        `peer ${now.uid} ${now.phase}${now.phase === "train" ? ` step ${now.step}` : ""}`,
        ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
        `${formatCount(this.tokensPerSecond)} tokens/s`,
        elapsed,
      ].join("  "),
      [
        `held-out loss ${sparkline(losses)}${
          losses.length > 0 ? ` ${losses.at(-1)!.toFixed(3)}` : ""
        }`,
        ...(bytes === undefined ? [] : [`${formatBytes(bytes)} sent by a peer`]),
        `${started.peers} peers`,
      ].join("  "),
    ];
  }

  #windowLine(window: number): string {
    const entry = this.summary.windows.findLast((each) => each.window === window)!;
    return windowLine(entry, this.summary.started?.windows ?? 0);
  }
}

/** One window in one line. */
function windowLine(entry: WindowSummary, windows: number): string {
  const { accepted, digests, heldOutLoss, peerBytes, window } = entry;
  const bytes = [...peerBytes.values()].reduce((sum, each) => sum + each, 0) / peerBytes.size;
  const states = new Set(digests.values());
  return [
    `window ${String(window + 1).padStart(String(windows).length)}/${windows}`,
    `train loss ${trainLoss(entry)?.toFixed(3) ?? "-"}`,
    `held-out ${heldOutLoss?.toFixed(3) ?? "-"}`,
    `${formatBytes(bytes)} a peer`,
    `${accepted.length} accepted`,
    `state ${[...states].map((digest) => digest.slice(0, 8)).join(" ")} on ${digests.size} nodes`,
  ].join("  ");
}
