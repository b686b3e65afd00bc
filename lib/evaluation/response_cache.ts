import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** An answer that is remembered: a logarithm of probability with its greedy flag, or a text. */
export type CachedAnswer = readonly [logProbability: number, greedy: 0 | 1] | string;

/** Longest file that is read, bytes: what a JavaScript string can hold. */
const FILE_BYTES_MAX = 500_000_000;

/** Answers of one model under one set of settings, kept in a file that only grows. */
export class ResponseCache {
  readonly #answers = new Map<string, CachedAnswer>();
  /** File to append to; undefined where there is none, or it cannot be written. */
  #path: string | undefined;
  /** Whether the file's last line was cut off: what is appended must not become part of it. */
  #tornLine = false;

  /**
   * @param path File of the answers; none keeps them in memory only.
   * @param onTrouble Told once when the file cannot be used; the answers are then kept in memory.
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

  /** Key of a request: whatever decides its answer. */
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

  /** Answer to a request that was answered before. */
  get(key: string): CachedAnswer | undefined {
    return this.#answers.get(key);
  }

  /** Remembers answers; those that are known already stay. */
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

  /** Takes a line; one that was cut off when the program was killed is passed over. */
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
