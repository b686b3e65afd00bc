import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** An answer that is remembered: a logarithm of probability with its greedy flag, or a text. */
export type CachedAnswer = readonly [logProbability: number, greedy: 0 | 1] | string;

/** Longest file that is read, bytes. */
const FILE_BYTES_MAX = 2 ** 31;

/** Answers of one model under one set of settings, kept in a file that only grows. */
export class ResponseCache {
  readonly #answers = new Map<string, CachedAnswer>();
  /** Whether the file's last line was cut off: what is appended must not become part of it. */
  #tornLine = false;

  /** @param path File of the answers; none keeps them in memory only. */
  constructor(readonly path: string | undefined) {
    if (path === undefined || !existsSync(path)) return;
    const bytes = readFileSync(path);
    if (bytes.length > FILE_BYTES_MAX) return;
    for (const line of bytes.toString("utf8").split("\n")) this.#take(line);
    this.#tornLine = bytes.length > 0 && bytes.at(-1) !== 0x0a;
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
    if (this.path === undefined || lines === "") return;
    mkdirSync(dirname(this.path), { recursive: true });
    appendFileSync(this.path, (this.#tornLine ? "\n" : "") + lines);
    this.#tornLine = false;
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
