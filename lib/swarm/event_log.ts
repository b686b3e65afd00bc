import type { SwarmEvent } from "./swarm_event.ts";

/** Longest line that is looked for. */
const LINE_BYTES_MAX = 2 ** 20;

/** Appends events to `events.jsonl`, each written before the next thing happens. */
export class EventLog implements Disposable {
  readonly #file: Deno.FsFile;

  /**
   * Opens or makes the file. A last line that a crash has cut is removed.
   *
   * @param nowMs Stamps each line.
   */
  constructor(readonly path: string, readonly nowMs: () => number) {
    this.#file = Deno.openSync(path, { create: true, read: true, write: true });
    this.#file.truncateSync(lastLineEnd(this.#file));
    this.#file.seekSync(0, Deno.SeekMode.End);
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

/** Where the last whole line of a file ends. */
function lastLineEnd(file: Deno.FsFile): number {
  const { size } = file.statSync();
  const tail = new Uint8Array(Math.min(size, LINE_BYTES_MAX));
  file.seekSync(size - tail.length, Deno.SeekMode.Start);
  for (let at = 0; at < tail.length;) {
    const read = file.readSync(tail.subarray(at));
    if (read === null) break;
    at += read;
  }
  return size - tail.length + tail.lastIndexOf(0x0a) + 1;
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
