import { formatBytes, formatSeconds } from "../report/format_quantity.ts";
import type { Terminal } from "./terminal.ts";

/** Minimum time between redraws on a screen, and between lines elsewhere, seconds. */
const REDRAW_SECONDS = 0.1;
const LINE_SECONDS = 10;
/** Fraction of the work that must be done before the time left is estimated. */
const ESTIMATED_FROM = 0.01;

/** A progress line with the time left: redrawn on a screen, printed rarely elsewhere. */
export class ProgressLine {
  #what = "";
  #startSeconds = 0;
  #startDone = 0;
  #startBytes = 0;
  #shownSeconds = -Infinity;
  #drawn = false;
  #last: (() => void) | undefined;

  /** @param stopwatch Real time, seconds. */
  constructor(readonly terminal: Terminal, readonly stopwatch: () => number) {}

  /**
   * Shows the progress, if an update is due.
   *
   * @param what Name of the activity; a different one restarts the line.
   * @param done Fraction done, from 0 to 1.
   * @param text The same as text.
   * @param bytes Bytes received, whose rate is shown.
   */
  show(what: string, done: number, text: string, bytes?: number): void {
    this.#last = () => this.show(what, done, text, bytes);
    const now = this.stopwatch();
    if (what !== this.#what || done < this.#startDone) {
      this.#what = what;
      [this.#startSeconds, this.#startDone, this.#startBytes] = [now, done, bytes ?? 0];
      this.#shownSeconds = this.terminal.live ? -Infinity : now;
    }
    if (now - this.#shownSeconds < (this.terminal.live ? REDRAW_SECONDS : LINE_SECONDS)) return;
    this.#shownSeconds = now;
    const elapsed = now - this.#startSeconds;
    const share = done - this.#startDone;
    const rate = bytes !== undefined && elapsed > 0
      ? `  ${formatBytes((bytes - this.#startBytes) / elapsed)}/s`
      : "";
    const left = share >= ESTIMATED_FROM
      ? `  ${formatSeconds((elapsed / share) * (1 - done))} left`
      : elapsed >= LINE_SECONDS
      ? `  ${formatSeconds(elapsed)} so far`
      : "";
    const line = `${what}  ${text}${rate}${left}`;
    this.terminal.error(this.terminal.live ? `\r\x1b[K${line}` : `${line}\n`);
    this.#drawn = this.terminal.live;
  }

  /** Shows the last state again, if an update is due: the line advances during long steps, too. */
  beat(): void {
    this.#last?.();
  }

  /** Removes the line from a screen. */
  clear(): void {
    if (this.#drawn) this.terminal.error("\r\x1b[K");
    this.#drawn = false;
    this.#last = undefined;
  }
}
