import type { SwarmEvent } from "./swarm_event.ts";

/** Bytes searched for the last line end; longer lines are not found. */
const LINE_BYTES_MAX = 2 ** 20;

/** Appends events to `events.jsonl`, each written synchronously. */
export class EventLog implements Disposable {
  readonly #file: Deno.FsFile;

  /**
   * Opens or creates the file. A last line truncated by a crash is removed.
   *
   * @param nowMs Clock for the timestamp of each line.
   */
  constructor(readonly path: string, readonly nowMs: () => number) {
    this.#file = Deno.openSync(path, { create: true, read: true, write: true });
    this.#file.truncateSync(lastLineEnd(this.#file));
    this.#file.seekSync(0, Deno.SeekMode.End);
  }

  /** Appends one event and returns its line. */
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

/** Returns the offset at which the last complete line of a file ends. */
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

/**
 * Reads the events of an earlier part of a run; none if there is no file. Lines truncated by a crash are
 * skipped.
 */
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
