import * as v from "valibot";
import { parseJsonObject } from "../../file/parse_json_object.ts";
import { InputError } from "../../input/input_error.ts";
import { describeIssue } from "../../input/describe_issue.ts";
import type { MetadataEntry } from "./encode_gguf_header.ts";

/** Parts of a `tokenizer.json` that GGUF has keys for. */
const TOKENIZER = v.object({
  added_tokens: v.optional(
    v.array(v.object({ id: v.number(), content: v.string(), special: v.boolean() })),
    [],
  ),
  normalizer: v.optional(v.unknown()),
  pre_tokenizer: v.optional(v.unknown()),
  model: v.object({
    // Not a record: that leaves out the tokens "constructor" and "prototype".
    vocab: v.custom<Record<string, number>>((value) =>
      typeof value === "object" && value !== null &&
      Object.values(value).every((id) => Number.isSafeInteger(id) && id >= 0)
    ),
    merges: v.optional(v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])), []),
    unk_token: v.nullish(v.string()),
    byte_fallback: v.nullish(v.boolean()),
  }),
});

type TokenizerParts = v.InferOutput<typeof TOKENIZER>;

/** Kinds of tokens. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
const REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Names that llama.cpp has for ways to cut texts before merging, by the parts of `pre_tokenizer`. */
const PRE_TOKENIZERS: ReadonlyMap<string, string> = new Map([
  [`split ${CONTRACTIONS}\\p{N}{1,3}${REST}`, "llama-bpe"],
  [`split ${CONTRACTIONS}\\p{N}${REST}`, "qwen2"],
  ["digits, words", "smollm"],
  ["words", "gpt-2"],
]);

/** Special tokens of a model. */
export interface SpecialTokens {
  /** BOS; undefined where the model has none. */
  readonly bos: number | undefined;
  /** EOS; undefined where the model has none. */
  readonly eos: number | undefined;
  /** Whether texts begin with BOS. */
  readonly addBos: boolean;
}

/**
 * Metadata of a tokenizer: vocabulary, merges, kinds of tokens, and the `tokenizer.json` itself, from which a
 * conversion back takes it.
 *
 * @param vocabularySize Rows of the embedding table; tokens beyond the vocabulary are unused ones.
 * @param pre Name of the pre-tokenizer, where it is not one of the known ones.
 * @throws InputError when GGUF cannot hold the tokenizer.
 */
export function ggufTokenizer(
  json: string,
  vocabularySize: number,
  special: SpecialTokens,
  pre?: string,
): MetadataEntry[] {
  const parsed = v.safeParse(TOKENIZER, parseJsonObject("tokenizer.json", json));
  if (!parsed.success) {
    throw new InputError(`Cannot read tokenizer.json: ${describeIssue(parsed.issues)}`);
  }
  const file = parsed.output;
  const isByteLevel = !file.model.byte_fallback;
  const { kinds, tokens } = tokensOf(file, vocabularySize);
  const key = (suffix: string) => `tokenizer.ggml.${suffix}`;
  const text = (suffix: string, value: string): MetadataEntry => ({
    key: key(suffix),
    kind: "string",
    value,
  });
  const id = (suffix: string, value: number | undefined): MetadataEntry[] =>
    value === undefined ? [] : [{ key: key(`${suffix}_token_id`), kind: "u32", value }];
  const merges = file.model.merges.map((merge) =>
    typeof merge === "string" ? merge : merge.join(" ")
  );
  const unknown = file.model.unk_token;
  return [
    text("model", isByteLevel ? "gpt2" : "llama"),
    text("pre", isByteLevel ? pre ?? preTokenizer(file) : "default"),
    { key: key("tokens"), kind: "string", value: tokens },
    { key: key("token_type"), kind: "i32", value: kinds },
    ...(isByteLevel
      ? [{ key: key("merges"), kind: "string" as const, value: merges }]
      : [{ key: key("scores"), kind: "f32" as const, value: scoresOf(tokens, merges) }]),
    ...id("bos", special.bos),
    ...id("eos", special.eos),
    ...(unknown ? id("unknown", file.model.vocab[unknown]) : []),
    { key: key("add_bos_token"), kind: "bool", value: special.addBos },
    ...(isByteLevel ? [] : [
      {
        key: key("add_space_prefix"),
        kind: "bool" as const,
        value: JSON.stringify(file.normalizer ?? null).includes('"Prepend"'),
      },
    ]),
    { key: "tokenizer.huggingface.json", kind: "string", value: json },
  ];
}

function tokensOf({ added_tokens: added, model }: TokenizerParts, vocabularySize: number) {
  const tokens: string[] = Array.from({ length: vocabularySize }, (_, id) => `[PAD${id}]`);
  const kinds = new Array<number>(vocabularySize).fill(KIND.unused);
  const put = (token: string, id: number, kind: number) => {
    if (!(id < vocabularySize)) {
      throw new InputError(
        `Cannot write GGUF: token ${
          JSON.stringify(token.slice(0, 40))
        } has id ${id}, want less than the model's ${vocabularySize}`,
      );
    }
    tokens[id] = token;
    kinds[id] = kind;
  };
  for (const [token, id] of Object.entries(model.vocab)) {
    const isByte = model.byte_fallback && /^<0x[0-9A-F]{2}>$/.test(token);
    put(token, id, isByte ? KIND.byte : token === model.unk_token ? KIND.unknown : KIND.normal);
  }
  for (const { content, id, special } of added) {
    if (content === model.unk_token && model.byte_fallback) continue;
    put(content, id, special ? KIND.control : KIND.userDefined);
  }
  return { tokens, kinds };
}

/** Minus the rank of the merge that makes a token, so that the best score is what is merged first. */
function scoresOf(tokens: readonly string[], merges: readonly string[]): number[] {
  const ranks = new Map<string, number>();
  for (const [rank, merge] of merges.entries()) {
    const made = merge.replace(" ", "");
    if (!ranks.has(made)) ranks.set(made, rank);
  }
  return tokens.map((token) => -(ranks.get(token) ?? merges.length));
}

function preTokenizer({ model, pre_tokenizer: value }: TokenizerParts): string {
  const parts = partsOf(value);
  // Without merges there are single bytes, however texts are cut.
  const name = model.merges.length === 0 ? "gpt-2" : PRE_TOKENIZERS.get(parts.join(", "));
  if (name !== undefined) return name;
  throw new InputError(
    `Cannot write GGUF: its tokenizer cuts texts by ${
      parts.join(", ").slice(0, 200) || "nothing"
    }, want ${[...PRE_TOKENIZERS.values()].join(", ")}`,
  );
}

function partsOf(value: unknown, depth = 0): string[] {
  const part = (value ?? {}) as Record<string, unknown>;
  switch (part.type) {
    case "Sequence":
      if (!Array.isArray(part.pretokenizers) || depth > 8) return ["nothing"];
      return part.pretokenizers.flatMap((inner) => partsOf(inner, depth + 1));
    case "Split":
      return [`split ${(part.pattern as { Regex?: unknown })?.Regex}`];
    case "Digits":
      return [part.individual_digits === true ? "digits" : "numbers"];
    case "ByteLevel":
      return part.use_regex === false ? [] : ["words"];
    default:
      return [String(part.type ?? "nothing")];
  }
}
