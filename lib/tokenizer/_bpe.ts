import { ID_SPAN } from "./_id_span.ts";
import { mergeSymbols } from "./_merge_symbols.ts";

/** Upper bound of cached pieces. */
const CACHE_PIECES_MAX = 100_000;
/** Longest piece that is cached, characters. */
const CACHE_LENGTH_MAX = 64;

/** A byte-pair model as `tokenizer.json` describes it. */
export interface BpeModel {
  /** Ids by token. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs to merge, highest priority first. */
  readonly merges: readonly (readonly [string, string])[];
  /** Token for unknown characters; without it, they are dropped. */
  readonly unknown: string | undefined;
  /** Whether a run of unknown characters becomes one token. */
  readonly fuseUnknown: boolean;
  /** Whether characters without a token are encoded as byte tokens. */
  readonly byteFallback: boolean;
  /** Whether a piece that is itself a token is used whole, regardless of merges. */
  readonly ignoreMerges: boolean;
}

/**
 * Byte-pair encoding over integers.
 *
 * @throws RangeError when a merge names a token that the vocabulary lacks.
 */
export class Bpe {
  /** Rank times {@linkcode ID_SPAN} plus result, by left id times {@linkcode ID_SPAN} plus right id. */
  readonly #merges = new Map<number, number>();
  readonly #cache = new Map<string, readonly number[]>();
  readonly #bytes: readonly (number | undefined)[];
  readonly #cutBeforeMarks: boolean;

  constructor(readonly model: BpeModel) {
    const { merges, vocabulary } = model;
    const idOf = (token: string) => {
      const id = vocabulary.get(token);
      if (id === undefined) throw new RangeError(`a merge names ${JSON.stringify(token)}`);
      return id;
    };
    merges.forEach(([left, right], rank) => {
      const key = idOf(left) * ID_SPAN + idOf(right);
      // For a pair that is listed twice, the reference keeps the later rank.
      this.#merges.set(key, rank * ID_SPAN + idOf(left + right));
    });
    this.#bytes = Array.from(
      { length: 256 },
      (_, byte) => vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    );
    // If no token has a mark after another character, no merge crosses the cut before a word; and a mark
    // that is a token itself is never part of an unknown run.
    this.#cutBeforeMarks = !model.ignoreMerges && vocabulary.has("▁") &&
      !vocabulary.keys().some((token) => /[^▁]▁/u.test(token));
  }

  /** Appends the ids of a piece of text. */
  encode(piece: string, ids: number[]): void {
    if (!this.#cutBeforeMarks || !piece.includes("▁", 1)) return this.#encodePart(piece, ids);
    for (let start = 0; start < piece.length;) {
      let end = start;
      while (piece[end] === "▁") end++;
      end = piece.indexOf("▁", end);
      if (end < 0) end = piece.length;
      this.#encodePart(piece.slice(start, end), ids);
      start = end;
    }
  }

  #encodePart(part: string, ids: number[]): void {
    let found = this.#cache.get(part);
    if (!found) {
      found = this.#tokens(part);
      if (part.length <= CACHE_LENGTH_MAX) {
        if (this.#cache.size >= CACHE_PIECES_MAX) this.#cache.clear();
        this.#cache.set(part, found);
      }
    }
    for (let i = 0; i < found.length; i++) ids.push(found[i]);
  }

  #tokens(part: string): readonly number[] {
    const whole = this.model.ignoreMerges ? this.model.vocabulary.get(part) : undefined;
    return whole === undefined ? mergeSymbols(this.#symbols(part), this.#merges) : [whole];
  }

  /** Returns the ids of the single characters. */
  #symbols(part: string): number[] {
    const { byteFallback, fuseUnknown, unknown, vocabulary } = this.model;
    const unknownId = unknown === undefined ? undefined : vocabulary.get(unknown);
    const symbols: number[] = [];
    let pending = false;
    const flush = () => {
      if (pending && unknownId !== undefined) symbols.push(unknownId);
      pending = false;
    };
    for (const character of part) {
      const id = vocabulary.get(character);
      const bytes = id === undefined && byteFallback ? this.#byteTokens(character) : undefined;
      if (id !== undefined) {
        flush();
        symbols.push(id);
      } else if (bytes) symbols.push(...bytes); // before a pending unknown run
      else {
        if (!fuseUnknown) flush();
        pending = true;
      }
    }
    flush();
    return symbols;
  }

  #byteTokens(character: string): number[] | undefined {
    const ids = [...new TextEncoder().encode(character)].map((byte) => this.#bytes[byte]);
    return ids.every((id) => id !== undefined) ? ids : undefined;
  }
}
