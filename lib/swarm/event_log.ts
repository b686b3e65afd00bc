import type { SwarmEvent } from "./swarm_event.ts";

/** Appends events to `events.jsonl`, each written before the next thing happens. */
export class EventLog implements Disposable {
  readonly #file: Deno.FsFile;

  /**
   * Opens or makes the file. A last line that a crash has cut is ended, so that it spoils no other.
   *
   * @param nowMs Stamps each line.
   */
  constructor(readonly path: string, readonly nowMs: () => number) {
    this.#file = Deno.openSync(path, { create: true, read: true, append: true });
    const { size } = this.#file.statSync();
    if (size === 0) return;
    const last = new Uint8Array(1);
    this.#file.seekSync(size - 1, Deno.SeekMode.Start);
    this.#file.readSync(last);
    if (last[0] !== 0x0a) this.#file.writeSync(Uint8Array.of(0x0a));
  }

  /** Appends one event; gives its line. */
  write(event: SwarmEvent): string {
    const line = JSON.stringify({ time: new Date(this.nowMs()).toISOString(), ...event });
    const bytes = new TextEncoder().encode(line + "\n");
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    return line;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Events of an earlier part of a run; none when there is no file. Lines that a crash has cut are left out. */
export function readEvents(path: string): SwarmEvent[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
  return text.split("\n").flatMap((line) => {
    try {
      const event = JSON.parse(line) as SwarmEvent | null;
      return typeof event?.event === "string" ? [event] : [];
    } catch {
      return [];
    }
  });
}
