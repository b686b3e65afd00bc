import { checkCommitment, checkHotkey, checkWeights } from "./_checks.ts";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock/clock.ts";
import { type Chain, type Registration, type Weight } from "./chain.ts";

const TABLES = `
  CREATE TABLE IF NOT EXISTS ledger (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS registration (
    uid INTEGER PRIMARY KEY, hotkey TEXT NOT NULL UNIQUE, block INTEGER NOT NULL,
    stake REAL NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS commitment (
    uid INTEGER PRIMARY KEY REFERENCES registration, text TEXT NOT NULL, block INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS weight (
    validator INTEGER REFERENCES registration, uid INTEGER REFERENCES registration,
    weight REAL NOT NULL, PRIMARY KEY (validator, uid)) STRICT;
  CREATE TABLE IF NOT EXISTS epoch (
    validator INTEGER PRIMARY KEY REFERENCES registration, block INTEGER NOT NULL) STRICT;`;

/** A ledger file that is damaged or not a ledger. */
export class UnusableLedgerError extends Error {
  override readonly name = "UnusableLedgerError";
}

/** Options for opening a local ledger. */
export interface LocalChainOptions {
  /** Time between blocks. */
  readonly blockMs: number;
  /** Time of block 0; an existing ledger keeps the one it was created with. */
  readonly genesisMs: number;
  /** Whether to write nothing, not even next to the file. */
  readonly readOnly?: boolean;
}

/**
 * A ledger in one SQLite file, with blocks derived from a clock. Nothing is signed: users trust the file.
 *
 * @example
 * ```ts
 * import { SystemClock } from "../clock/system_clock.ts";
 * import { LocalChain } from "./local_chain.ts";
 * import assert from "node:assert/strict";
 *
 * using chain = new LocalChain(":memory:", new SystemClock(), { blockMs: 12_000, genesisMs: 0 });
 * const uid = await chain.register("ab".repeat(32));
 * await chain.commit("ab".repeat(32), "directory:buckets/0");
 * assert.equal(await chain.commitment(uid), "directory:buckets/0");
 * ```
 */
export class LocalChain implements Chain, Disposable {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #readOnly: boolean;
  readonly #blockMs: number;
  readonly #genesisMs: number;

  /**
   * @param path Path of the file, or ":memory:".
   * @param clock Determines the newest block.
   */
  constructor(path: string, clock: Clock, options: LocalChainOptions) {
    this.#path = path;
    this.#readOnly = options.readOnly ?? false;
    this.#database = this.#guard(() => new DatabaseSync(path, { readOnly: this.#readOnly }));
    // A rollback journal exists only during a write; a write-ahead log would stay next to the file.
    this.#guard(() =>
      this.#database.exec(
        "PRAGMA busy_timeout = 10000; " +
          (this.#readOnly
            ? ""
            : `PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = ON; ${TABLES}`),
      )
    );
    this.#clock = clock;
    this.#blockMs = this.#setting("block_ms", options.blockMs);
    this.#genesisMs = this.#setting("genesis_ms", options.genesisMs);
  }

  /** See {@linkcode Chain.block}. */
  block(): Promise<number> {
    return Promise.resolve(this.#block());
  }

  /** See {@linkcode Chain.blockTimeMs}. */
  blockTimeMs(block: number): Promise<number> {
    return Promise.resolve(this.#genesisMs + block * this.#blockMs);
  }

  /** See {@linkcode Chain.register}. */
  // deno-lint-ignore require-await
  async register(hotkey: string, stake = 0): Promise<number> {
    checkHotkey(hotkey);
    const insert = this.#database.prepare(
      `INSERT INTO registration (uid, hotkey, block, stake)
       SELECT COALESCE(MAX(uid) + 1, 0), ?, ?, ? FROM registration WHERE TRUE
       ON CONFLICT (hotkey) DO NOTHING`,
    );
    this.#guard(() => insert.run(hotkey, this.#block(), stake));
    return this.#uid(hotkey);
  }

  /** See {@linkcode Chain.registrations}. */
  // deno-lint-ignore require-await
  async registrations(): Promise<Registration[]> {
    const rows = this.#database.prepare(
      "SELECT uid, hotkey, block, stake FROM registration ORDER BY uid",
    );
    return rows.all().map((row) => ({ ...row })) as unknown as Registration[];
  }

  /** See {@linkcode Chain.commit}. */
  // deno-lint-ignore require-await
  async commit(hotkey: string, text: string): Promise<void> {
    checkCommitment(text);
    const uid = this.#uid(hotkey);
    const insert = this.#database.prepare(
      "INSERT OR REPLACE INTO commitment (uid, text, block) VALUES (?, ?, ?)",
    );
    this.#guard(() => insert.run(uid, text, this.#block()));
  }

  /** See {@linkcode Chain.commitment}. */
  // deno-lint-ignore require-await
  async commitment(uid: number): Promise<string | undefined> {
    const row = this.#database.prepare("SELECT text FROM commitment WHERE uid = ?").get(uid);
    return row?.text as string | undefined;
  }

  /** See {@linkcode Chain.setWeights}. */
  async setWeights(hotkey: string, weights: Weight[]): Promise<void> {
    const validator = this.#uid(hotkey);
    const known = new Set((await this.registrations()).map(({ uid }) => uid));
    checkWeights(weights, known);
    const insert = this.#database.prepare(
      "INSERT INTO weight (validator, uid, weight) VALUES (?, ?, ?)",
    );
    this.#guard(() => {
      this.#database.exec("BEGIN");
      try {
        this.#database.prepare("DELETE FROM weight WHERE validator = ?").run(validator);
        for (const { uid, weight } of weights) insert.run(validator, uid, weight);
        this.#database.prepare("INSERT OR REPLACE INTO epoch (validator, block) VALUES (?, ?)")
          .run(validator, this.#block());
        this.#database.exec("COMMIT");
      } catch (cause) {
        this.#database.exec("ROLLBACK");
        throw cause;
      }
    });
  }

  /** See {@linkcode Chain.weights}. */
  // deno-lint-ignore require-await
  async weights(validatorUid: number): Promise<Weight[]> {
    const rows = this.#database.prepare(
      "SELECT uid, weight FROM weight WHERE validator = ? ORDER BY uid",
    );
    return rows.all(validatorUid).map((row) => ({ ...row })) as unknown as Weight[];
  }

  /** See {@linkcode Chain.weightsBlock}. */
  // deno-lint-ignore require-await
  async weightsBlock(validatorUid: number): Promise<number | undefined> {
    const row = this.#database.prepare("SELECT block FROM epoch WHERE validator = ?")
      .get(validatorUid);
    return row?.block as number | undefined;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database.close();
  }

  #block(): number {
    return Math.max(0, Math.floor((this.#clock.nowMs() - this.#genesisMs) / this.#blockMs));
  }

  #uid(hotkey: string): number {
    const row = this.#database.prepare("SELECT uid FROM registration WHERE hotkey = ?").get(hotkey);
    if (!row) throw new RangeError(`Cannot find hotkey ${hotkey}: it is not registered`);
    return row.uid as number;
  }

  #setting(key: string, value: number): number {
    return this.#guard(() => {
      if (!this.#readOnly) {
        this.#database.prepare("INSERT OR IGNORE INTO ledger (key, value) VALUES (?, ?)")
          .run(key, String(value));
      }
      const row = this.#database.prepare("SELECT value FROM ledger WHERE key = ?").get(key);
      return Number(row?.value ?? value);
    });
  }

  /** Translates SQLite's errors: damaged files to UnusableLedgerError, others to system errors. */
  #guard<Value>(task: () => Value): Value {
    try {
      return task();
    } catch (cause) {
      const { message } = cause as Error;
      const text = `Cannot use ledger ${this.#path}: ${message}`;
      if (/malformed|not a database/.test(message)) throw new UnusableLedgerError(text, { cause });
      const [, code] = SYSTEM_CODES.find(([pattern]) => pattern.test(message)) ?? [];
      throw code ? Object.assign(new Error(text, { cause }), { code }) : cause;
    }
  }
}

/** System error codes of SQLite's messages. */
const SYSTEM_CODES: readonly [message: RegExp, code: string][] = [
  [/full/, "ENOSPC"],
  [/readonly|read-only/, "EROFS"],
  [/unable to open/, "EACCES"],
];
