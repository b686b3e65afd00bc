import { formatBytes } from "../../lib/report/format_quantity.ts";
import { ProgressLine } from "../../lib/terminal/progress_line.ts";
import type { Terminal } from "../../lib/terminal/terminal.ts";

/** Progress of a conversion on standard error. */
export class ConvertProgress {
  readonly #bar: ProgressLine;

  /**
   * @param quiet Show nothing.
   * @param stopwatch Real seconds.
   */
  constructor(readonly terminal: Terminal, readonly quiet: boolean, stopwatch: () => number) {
    this.#bar = new ProgressLine(terminal, stopwatch);
  }

  /** Reports something that the user should know. */
  line(text: string): void {
    this.clear();
    if (!this.quiet) this.terminal.error(`${text}\n`);
  }

  /** Shows how much has been downloaded. */
  downloaded(have: number, bytes: number): void {
    const share = bytes === 0 ? 1 : have / bytes;
    this.#show("fetched", share, `${formatBytes(have)} of ${formatBytes(bytes)}`, have);
  }

  /** Shows how much has been written. */
  written(bytes: number, total: number): void {
    this.#show("writing", Math.min(1, bytes / total), formatBytes(bytes), bytes);
  }

  /** Shows the line again, if it is time. */
  beat(): void {
    if (!this.quiet) this.#bar.beat();
  }

  /** Removes the line. */
  clear(): void {
    this.#bar.clear();
  }

  #show(what: string, share: number, text: string, bytes: number): void {
    if (!this.quiet) this.#bar.show(what, share, text, bytes);
  }
}
