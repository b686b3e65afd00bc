import { formatBytes, formatSeconds } from "../report/format_quantity.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings on a screen, and between two lines elsewhere, seconds. */
const REDRAW_SECONDS = 0.1;
const LINE_SECONDS = 10;
/** Work that must be done before its end is foretold, as a part of all. */
const FORETOLD_FROM = 0.01;

/** One line that shows how far something is, with the time that is left: redrawn on a screen, rare elsewhere. */
export class ProgressLine {
  #what = "";
  #startSeconds = 0;
  #startDone = 0;
  #startBytes = 0;
  #shownSeconds = -Infinity;
  #drawn = false;
  #last: (() => void) | undefined;

  /** @param stopwatch Real seconds. */
  constructor(readonly terminal: Terminal, readonly stopwatch: () => number) {}

  /**
   * Shows a state, if it is time.
   *
   * @param what What is being done; another one begins anew.
   * @param done Part that is done, from 0 to 1.
   * @param text The same in words.
   * @param bytes Bytes that have come: their rate is shown.
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
    const left = share >= FORETOLD_FROM
      ? `  ${formatSeconds((elapsed / share) * (1 - done))} left`
      : elapsed >= LINE_SECONDS
      ? `  ${formatSeconds(elapsed)} so far`
      : "";
    const line = `${what}  ${text}${rate}${left}`;
    this.terminal.error(this.terminal.live ? `\r\x1b[K${line}` : `${line}\n`);
    this.#drawn = this.terminal.live;
  }

  /** Shows the last state again, if it is time: a long step is no reason to stand still. */
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
