// Display rules: everything goes to standard error; a screen gets two redrawn lines, a pipe or file one
// plain line per window and one every ten seconds in between; nothing blinks.
import type { EventOf, SwarmEvent } from "../swarm/swarm_event.ts";
import { formatBytes, formatCount, formatSeconds } from "../report/format_quantity.ts";
import { sparkline } from "../report/loss_plot.ts";
import {
  emptySummary,
  type RunSummary,
  summarize,
  trainLoss,
  type WindowSummary,
} from "../report/run_summary.ts";
import type { Terminal } from "./terminal.ts";

/** Minimum time between redraws, and maximum between lines where nothing is redrawn, seconds. */
const REDRAW_SECONDS = 0.1;
const LINE_SECONDS = 10;

/** Current activity of a node, with its progress. */
interface Stage {
  readonly what: string;
  readonly startSeconds: number;
  /** Steps or samples of the phase; undefined if unknown. */
  readonly total: number | undefined;
  done: number;
}

/** Expected work of a run, known before its first event. */
export interface ExpectedWork {
  /** Inner steps per peer and window. */
  readonly innerSteps: number;
  /** Approximate number of samples that a validator runs per window. */
  readonly evaluatedSamples: number;
}

/** Shows the progress of a run. */
export class RunProgress {
  readonly summary: RunSummary = emptySummary();
  readonly #startSeconds: number;
  #drawn = 0;
  #ended = false;
  #toldSeconds: number;
  #stepTokens = 0;
  #stepSeconds = 0;
  #lastStepSeconds: number | undefined;
  #stage: Stage;
  #named: Stage | undefined;
  #evaluation: Stage | undefined;
  #windowsDone = 0;
  #firstWindowSeconds: number | undefined;
  #lastWindowSeconds = 0;

  /**
   * @param quiet Show nothing.
   * @param stopwatch Real time, seconds.
   */
  constructor(
    readonly terminal: Terminal,
    readonly quiet: boolean,
    readonly stopwatch: () => number,
    readonly expected: ExpectedWork = { innerSteps: 0, evaluatedSamples: 0 },
  ) {
    this.#startSeconds = this.#toldSeconds = stopwatch();
    this.#stage = {
      what: "preparing",
      startSeconds: this.#startSeconds,
      total: undefined,
      done: 0,
    };
  }

  /** Records an event of an earlier part of the run; shows nothing. */
  recall(event: SwarmEvent): void {
    summarize(this.summary, event);
  }

  /** Records an event and shows the changes. */
  take(event: SwarmEvent): void {
    summarize(this.summary, event);
    this.#measure(event);
    this.#follow(event);
    if (this.quiet || this.#ended) return;
    if (event.event === "started") this.#line(startLine(event));
    if (event.event === "resumed") this.#line(`resuming at window ${event.window + 1}`);
    if (event.event === "refused") {
      this.#line(`refused peer ${event.peer} in window ${event.window + 1}: ${event.reason}`);
    }
    if (event.event === "held-out-loss") this.#line(this.#windowLine(event.window));
    else this.beat();
  }

  /**
   * Shows an activity outside of a window.
   *
   * @param what Name of the activity, such as "generating a sample".
   * @param total Number of its steps, if known.
   */
  stage(what: string, total?: number): void {
    this.#stage = this.#named = { what, startSeconds: this.stopwatch(), total, done: 0 };
    this.beat();
  }

  /** Counts steps of the activity that {@linkcode RunProgress.stage} named, or samples of an evaluation. */
  advance(count: number): void {
    // Peers report saving while the validator evaluates: the activity that advances is the current one.
    if (this.#evaluation && this.#stage !== this.#named) this.#stage = this.#evaluation;
    this.#stage.done += count;
    this.beat();
  }

  /** Updates the display if it is due; to be called periodically. */
  beat(): void {
    if (this.quiet || this.#ended) return;
    if (this.terminal.live) return this.#redraw();
    if (this.stopwatch() - this.#toldSeconds >= LINE_SECONDS) this.#line(this.#nowLine());
  }

  /** Removes the redrawn lines and stops showing anything. */
  end(): void {
    this.clear();
    this.#ended = true;
  }

  /** Removes the redrawn lines. */
  clear(): void {
    if (this.#drawn > 0) this.terminal.error(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  /** Speed of inner steps since the display began, tokens per second. */
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

  /** Updates the stage to the current activity. */
  #follow(event: SwarmEvent): void {
    const nowSeconds = this.stopwatch();
    if (event.event === "phase" || event.event === "step") {
      const phase = event.event === "phase" ? event.phase : "train";
      const what = `${this.#role(event.uid)} ${event.uid} ${phase}`;
      if (what !== this.#stage.what) {
        const { evaluatedSamples, innerSteps } = this.expected;
        const total = { train: innerSteps, evaluate: evaluatedSamples }[phase as "train"];
        this.#stage = { what, startSeconds: nowSeconds, total, done: 0 };
        if (phase === "evaluate") this.#evaluation = this.#stage;
      }
      if (event.event === "step") this.#stage.done = event.step + 1;
    }
    if (event.event === "held-out-loss") {
      this.#windowsDone++;
      this.#lastWindowSeconds = nowSeconds;
      this.#firstWindowSeconds ??= nowSeconds;
    }
  }

  #role(uid: number): string {
    return uid < (this.summary.started?.peers ?? Infinity) ? "peer" : "validator";
  }

  #line(text: string): void {
    this.clear();
    this.terminal.error(text + "\n");
    this.#toldSeconds = this.stopwatch();
    if (this.terminal.live) this.#redraw(true);
  }

  #redraw(now = false): void {
    const nowSeconds = this.stopwatch();
    if (!now && nowSeconds - this.#toldSeconds < REDRAW_SECONDS && this.#drawn > 0) return;
    this.#toldSeconds = nowSeconds;
    const lines = this.#liveLines().map((line) => line.slice(0, this.terminal.columns - 1));
    this.clear();
    this.terminal.error(lines.join("\n") + "\n");
    this.#drawn = lines.length;
  }

  /** Formats the current activity, its progress and the time left. */
  #nowLine(): string {
    const { now, started, windows } = this.summary;
    const { done, startSeconds, total, what } = this.#stage;
    const elapsed = this.stopwatch() - startSeconds;
    const shown = total ? Math.min(done, total) : done;
    const left = total && shown > 0 && shown < total ? (elapsed / shown) * (total - shown) : 0;
    const current = now && windows.findLast(({ window }) => window === now.window);
    const loss = current && trainLoss(current);
    const rest = this.#secondsLeft();
    return [
      ...(now && started ? [`window ${now.window + 1}/${started.windows}`] : []),
      `${what}${shown > 0 ? ` ${shown}${total ? `/${total}` : ""}` : ""}${
        left > 1 ? `, ${formatSeconds(left)} left` : ""
      }`,
      ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
      ...(this.tokensPerSecond > 0 ? [`${formatCount(this.tokensPerSecond)} tokens/s`] : []),
      `${formatSeconds(this.stopwatch() - this.#startSeconds)}${
        rest === undefined ? "" : `, about ${formatSeconds(rest)} left in total`
      }`,
    ].join("  ");
  }

  /** Estimates the time left for all windows; undefined until one has been timed in full. */
  #secondsLeft(): number | undefined {
    const { started, windows } = this.summary;
    if (!started || this.#firstWindowSeconds === undefined || this.#windowsDone === 0) {
      return undefined;
    }
    const since = this.#windowsDone > 1
      ? (this.#lastWindowSeconds - this.#firstWindowSeconds) / (this.#windowsDone - 1)
      : this.#firstWindowSeconds - this.#startSeconds;
    const done = windows.filter(({ heldOutLoss }) => heldOutLoss !== undefined).length;
    const passed = this.stopwatch() - this.#lastWindowSeconds;
    return Math.max(0, since * (started.windows - done) - passed);
  }

  #liveLines(): string[] {
    const { started, windows } = this.summary;
    if (!started) return [this.#nowLine()];
    const losses = windows.flatMap((entry) => entry.heldOutLoss ?? []);
    const bytes = windows.flatMap(({ peerBytes }) => [...peerBytes.values()]).at(-1);
    return [
      this.#nowLine(),
      [
        `held-out loss ${sparkline(losses)}${
          losses.length > 0 ? ` ${losses.at(-1)!.toFixed(3)}` : ""
        }`,
        ...(bytes === undefined ? [] : [`each peer sends ${formatBytes(bytes)} to its bucket`]),
        `${started.peers} peers`,
      ].join("  "),
    ];
  }

  #windowLine(window: number): string {
    const { started, windows } = this.summary;
    const entry = windows.findLast((each) => each.window === window)!;
    return windowLine(entry, started?.windows ?? 0, started?.peers ?? 0);
  }
}

function startLine({ device, parameters, peers, run, windows }: EventOf<"started">): string {
  return `run ${run.slice(0, 8)}: ${peers} peers and a validator train ${
    formatCount(parameters)
  } parameters for ${windows} windows on ${device}`;
}

/** Formats a window as one line. */
function windowLine(entry: WindowSummary, windows: number, peers: number): string {
  const { accepted, digests, heldOutLoss, peerBytes, window } = entry;
  const bytes = [...peerBytes.values()].reduce((sum, each) => sum + each, 0) / peerBytes.size;
  const states = [...new Set(digests.values())];
  const agree = [...digests.values()].filter((digest) => digest === states[0]).length;
  return [
    `window ${String(window + 1).padStart(String(windows).length)}/${windows}`,
    `train loss ${trainLoss(entry)?.toFixed(3) ?? "-"}`,
    `held-out ${heldOutLoss?.toFixed(3) ?? "-"}`,
    `upload ${formatBytes(bytes)}/peer`,
    `accepted ${accepted.length}/${peers}`,
    `state ${states[0]?.slice(0, 8) ?? "-"} (${agree}/${digests.size} nodes agree)`,
  ].join("  ");
}
