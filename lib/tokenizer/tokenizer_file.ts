import { addedTokenList } from "./_added_token_list.ts";
import { type AddedToken, addedTokenSplitter } from "./_added_tokens.ts";
import { Bpe } from "./_bpe.ts";
import { ID_SPAN } from "./_id_span.ts";
import { decoder } from "./_decoder.ts";
import { normalizer } from "./_normalizer.ts";
import { specialEnds } from "./_post_processor.ts";
import { preTokenizer } from "./_pre_tokenizer.ts";
import { type FileParts, namedTokens, tokenizerClass } from "./tokenizer_class.ts";
import type { TokenizerSettings } from "./tokenizer_settings.ts";

/** A tokenizer file that cannot be used. */
export class TokenizerError extends Error {
  override readonly name = "TokenizerError";
}

/**
 * A `tokenizer.json` with a byte-pair model, as used by descendants of LLaMA and GPT-2.
 *
 * @throws TokenizerError when the file cannot be used.
 *
 * @example
 * ```ts
 * import { byteTokenizer } from "./byte_tokenizer.ts";
 * import { TokenizerFile } from "./tokenizer_file.ts";
 * import assert from "node:assert/strict";
 *
 * const tokenizer = new TokenizerFile(byteTokenizer().json);
 * assert.deepEqual(tokenizer.encode("hi<|endoftext|>", false), [104, 105, 256]);
 * assert.equal(tokenizer.decode([104, 105, 256], true), "hi");
 * ```
 */
export class TokenizerFile {
  /** Ids by token. */
  readonly ids: ReadonlyMap<string, number>;
  /** Number of ids; every id is less than it. */
  readonly vocabularySize: number;
  readonly #tokens: string[] = [];
  readonly #decoded: string[];
  readonly #special: ReadonlySet<number>;
  readonly #parts: ReturnType<typeof buildPipeline>;

  /** Texts of named tokens, by names such as `bos_token`; undefined if explicitly unset. */
  readonly named: ReadonlyMap<string, string | undefined>;

  /**
   * @param json Text of the file.
   * @param settings Settings beside the file; the transformers class decides which of its parts apply.
   */
  constructor(readonly json: string, settings?: TokenizerSettings) {
    try {
      const own = JSON.parse(json) as FileParts;
      const rebuilt = settings && tokenizerClass(settings, json);
      this.named = settings ? namedTokens(settings, rebuilt) : new Map();
      const file = rebuilt ? rebuiltFile(own, rebuilt.rebuild(settings!.values)) : own;
      const added = addedTokenList(own, settings, rebuilt);
      this.ids = vocabulary(file, added);
      for (const [token, id] of this.ids) this.#tokens[id] = token;
      this.vocabularySize = this.#tokens.length;
      this.#decoded = this.#tokens.slice();
      this.#parts = buildPipeline(file, added, {
        cutsSpecial: settings?.values.split_special_tokens === true,
        idOf: (name) => this.ids.get(this.named.get(name) ?? ""),
      });
      // The library decodes these to their normalized text.
      for (const { content, id, normalized } of added) {
        if (normalized) this.#decoded[id] = this.#parts.normalize(content);
      }
      // It skips special tokens by text, so one that normalization changes is kept.
      this.#special = new Set(
        added.filter(({ content, id, special }) => special && this.#decoded[id] === content)
          .map(({ id }) => id),
      );
      const { after, before } = this.#parts.ends;
      const outside = [...before, ...after].find((id) => id >= this.vocabularySize);
      if (outside !== undefined) {
        throw new RangeError(
          `post-processor has id ${outside}, want less than ${this.vocabularySize}`,
        );
      }
    } catch (cause) {
      throw new TokenizerError(`Cannot read tokenizer.json: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /**
   * Encodes a text.
   *
   * @param withSpecialTokens Whether the ids of the file's post-processor are added around it.
   */
  encode(text: string, withSpecialTokens: boolean): number[] {
    const { cut, ends, model, normalize, splitNormalized, splitRaw } = this.#parts;
    const ids: number[] = withSpecialTokens ? [...ends.before] : [];
    let first = true;
    for (const raw of splitRaw(text.toWellFormed())) {
      const segments = typeof raw === "number" ? [raw] : splitNormalized(normalize(raw));
      for (const segment of segments) {
        if (typeof segment === "number") ids.push(segment);
        else if (segment !== "") {
          for (const piece of cut(segment, first)) model.encode(piece, ids);
        }
        first = false;
      }
    }
    if (withSpecialTokens) { for (const id of ends.after) ids.push(id); }
    return ids;
  }

  /** Decodes ids to text; unknown ids are skipped. */
  decode(ids: Iterable<number>, skipSpecialTokens: boolean): string {
    const tokens: string[] = [];
    for (const id of ids) {
      if (skipSpecialTokens && this.#special.has(id)) continue;
      const token = this.#decoded[id];
      if (token !== undefined) tokens.push(token);
    }
    return this.#parts.decode(tokens);
  }

  /** Returns the token of an id. */
  token(id: number): string | undefined {
    return this.#tokens[id];
  }
}

/** Replaces the parts of a file by those of a class; vocabulary and merges stay. */
function rebuiltFile(file: FileParts, parts: FileParts): FileParts {
  return { ...file, ...parts, model: { ...file.model, ...parts.model, dropout: null } };
}

interface PipelineOptions {
  /** Whether special tokens in a text are encoded as plain text. */
  readonly cutsSpecial: boolean;
  /** Returns the id of a named token. */
  readonly idOf: (name: string) => number | undefined;
}

function buildPipeline(
  file: FileParts,
  added: readonly AddedToken[],
  { cutsSpecial, idOf }: PipelineOptions,
) {
  const normalize = normalizer(file.normalizer);
  const found = added.filter(({ special }) => !(special && cutsSpecial));
  return {
    splitRaw: addedTokenSplitter(found.filter(({ normalized }) => !normalized)),
    splitNormalized: addedTokenSplitter(
      found.filter(({ normalized }) => normalized)
        .map((token) => ({ ...token, content: normalize(token.content) })),
    ),
    normalize,
    cut: preTokenizer(file.pre_tokenizer),
    model: bytePairModel(file.model ?? {}),
    ends: specialEnds(file.post_processor, idOf),
    decode: decoder(file.decoder),
  };
}

function bytePairModel(model: Record<string, unknown>): Bpe {
  // Files from before 2020 have no type.
  const type = model.type ?? (Array.isArray(model.merges) ? "BPE" : undefined);
  if (type !== "BPE") throw new RangeError(`model type is ${JSON.stringify(type)}, want "BPE"`);
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"]) {
    if (model[key]) {
      throw new RangeError(`model has ${key} ${JSON.stringify(model[key])}, want none`);
    }
  }
  if (!Array.isArray(model.merges)) throw new RangeError("model has no merges");
  const merges = model.merges.map((merge: unknown): [string, string] => {
    const [left, right, ...rest] = typeof merge === "string"
      ? merge.split(" ")
      : Array.isArray(merge)
      ? merge
      : [];
    if (typeof left !== "string" || typeof right !== "string" || rest.length > 0) {
      throw new RangeError(`a merge is ${JSON.stringify(merge)}, want two tokens`);
    }
    return [left, right];
  });
  return new Bpe({
    vocabulary: new Map(Object.entries(model.vocab as Record<string, number>)),
    merges,
    unknown: typeof model.unk_token === "string" ? model.unk_token : undefined,
    fuseUnknown: model.fuse_unk === true,
    byteFallback: model.byte_fallback === true,
    ignoreMerges: model.ignore_merges === true,
  });
}

/** Returns the ids by token, each checked, since files are untrusted. */
function vocabulary(file: FileParts, added: readonly AddedToken[]): Map<string, number> {
  const vocab = file.model?.vocab;
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) {
    throw new RangeError("it has no vocabulary of tokens with ids");
  }
  const ids = new Map<string, number>();
  const entries: [unknown, unknown][] = Object.entries(vocab);
  for (const [token, id] of [...entries, ...added.map(({ content, id }) => [content, id])]) {
    if (
      typeof token !== "string" || !Number.isInteger(id) || Number(id) < 0 || Number(id) >= ID_SPAN
    ) {
      throw new RangeError(`token ${JSON.stringify(token)} has id ${id}, want 0 to ${ID_SPAN - 1}`);
    }
    if (ids.has(token) && ids.get(token) !== id) {
      throw new RangeError(`token ${JSON.stringify(token)} has ids ${ids.get(token)} and ${id}`);
    }
    ids.set(token, Number(id));
  }
  if (ids.size === 0) throw new RangeError("it has no vocabulary");
  return ids;
}
