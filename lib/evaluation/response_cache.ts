import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A cached answer: a log probability with its greedy flag, or a text. */
export type CachedAnswer = readonly [logProbability: number, greedy: 0 | 1] | string;

/** Maximum file size in bytes, limited by the length of a JavaScript string. */
const FILE_BYTES_MAX = 500_000_000;

/** Cached answers of one model under one set of settings, kept in an append-only file. */
export class ResponseCache {
  readonly #answers = new Map<string, CachedAnswer>();
  /** File to append to; undefined if there is none or it cannot be written. */
  #path: string | undefined;
  /** Whether the file's last line is truncated, so that the next append must start a new line. */
  #tornLine = false;

  /**
   * @param path File of the answers; if undefined, they are kept in memory only.
   * @param onTrouble Called once if the file cannot be used; the answers are then kept in memory.
   */
  constructor(path: string | undefined, readonly onTrouble: (why: string) => void = () => {}) {
    this.#path = path;
    if (path === undefined || !existsSync(path)) return;
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) {
      this.#giveUp(`${path} has ${size} bytes`);
      return;
    }
    const text = readFileSync(path, "utf8");
    for (const line of text.split("\n")) this.#take(line);
    this.#tornLine = text !== "" && !text.endsWith("\n");
  }

  /** Returns the key of a request, made from everything that determines its answer. */
  static key(...parts: readonly (string | readonly number[])[]): string {
    const hash = createHash("sha256");
    for (const part of parts) {
      hash.update(
        typeof part === "string"
          ? `${part.length}:${part}`
          : Int32Array.from([part.length, ...part]),
      );
    }
    return hash.digest("base64url").slice(0, 27);
  }

  /** Returns the cached answer to a request; undefined if there is none. */
  get(key: string): CachedAnswer | undefined {
    return this.#answers.get(key);
  }

  /** Adds answers; answers already in the cache are kept. */
  add(answers: Iterable<readonly [key: string, answer: CachedAnswer]>): void {
    let lines = "";
    for (const [key, answer] of answers) {
      if (this.#answers.has(key)) continue;
      this.#answers.set(key, answer);
      lines += JSON.stringify([key, answer]) + "\n";
    }
    if (this.#path === undefined || lines === "") return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      appendFileSync(this.#path, (this.#tornLine ? "\n" : "") + lines, { mode: 0o600 });
      this.#tornLine = false;
    } catch (cause) {
      this.#giveUp((cause as Error).message);
    }
  }

  #giveUp(why: string): void {
    this.#path = undefined;
    this.onTrouble(why);
  }

  /** Parses a line; one truncated when the program was killed is skipped. */
  #take(line: string): void {
    try {
      const [key, answer] = JSON.parse(line) as [string, CachedAnswer];
      const fits = typeof answer === "string" ||
        (Array.isArray(answer) && Number.isFinite(answer[0]) &&
          (answer[1] === 0 || answer[1] === 1));
      if (typeof key === "string" && fits) this.#answers.set(key, answer);
    } catch {
      // Not an answer.
    }
  }
}
