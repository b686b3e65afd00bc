import type { Part } from "./_parts.ts";
import { NAMED_TOKENS, type TokenizerSettings, tokenText } from "./tokenizer_settings.ts";

/** Unchecked parts of a `tokenizer.json`. */
export interface FileParts {
  readonly normalizer?: Part;
  readonly pre_tokenizer?: Part;
  readonly post_processor?: Part;
  readonly decoder?: Part;
  readonly model?: Record<string, unknown>;
  readonly added_tokens?: unknown;
}

/** A transformers class that takes only vocabulary and merges from a file and builds the rest itself. */
export interface TokenizerClass {
  /** Default texts of named tokens, for those that the settings omit. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Parts that replace the file's. */
  readonly rebuild: (values: Readonly<Record<string, unknown>>) => FileParts;
}

const MARK = "▁";
const TO_MARK = { type: "Replace", pattern: { String: MARK }, content: " " };
const MARKED_DECODERS = [TO_MARK, { type: "ByteFallback" }, { type: "Fuse" }];
const STRIP = { type: "Strip", content: " ", start: 1, stop: 0 };
const QWEN2 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const LLAMA_TOKENS = { unk_token: "<unk>", bos_token: "<s>", eos_token: "</s>" };
const END = "<|endoftext|>";
const GPT2_TOKENS = { unk_token: END, bos_token: END, eos_token: END };

const metaspace = (scheme: string) => ({
  type: "Metaspace",
  replacement: MARK,
  prepend_scheme: scheme,
  split: false,
});
const byteLevel = (
  { add_prefix_space: spaces }: Readonly<Record<string, unknown>>,
  useRegex: boolean,
) => ({ type: "ByteLevel", add_prefix_space: spaces === true, use_regex: useRegex });
const sequence = (...pretokenizers: Record<string, unknown>[]) => ({
  type: "Sequence",
  pretokenizers,
});
const decoders = (...list: Record<string, unknown>[]) => ({ type: "Sequence", decoders: list });
const MARKED_MODEL = { unk_token: null, fuse_unk: true, byte_fallback: true, ignore_merges: false };
const BYTE_MODEL = { unk_token: null, fuse_unk: false, byte_fallback: false, ignore_merges: false };
const BYTE_DECODER = { type: "ByteLevel" };

const gpt2 = (normalizer: Part, before: Record<string, unknown>[] = []) =>
(
  values: Readonly<Record<string, unknown>>,
): FileParts => ({
  normalizer,
  pre_tokenizer: sequence(...before, byteLevel(values, true)),
  decoder: BYTE_DECODER,
  model: BYTE_MODEL,
});

const LLAMA: TokenizerClass = {
  tokens: LLAMA_TOKENS,
  rebuild: ({ add_prefix_space: spaces, legacy }) => ({
    normalizer: null,
    pre_tokenizer: metaspace(spaces === false ? "never" : legacy === true ? "always" : "first"),
    decoder: decoders(...MARKED_DECODERS, ...(spaces === false ? [] : [STRIP])),
    model: MARKED_MODEL,
  }),
};

/** Classes that rebuild, by name without `Fast`. */
const REBUILT: Readonly<Record<string, TokenizerClass>> = {
  LlamaTokenizer: LLAMA,
  Phi3Tokenizer: LLAMA,
  GemmaTokenizer: {
    tokens: {
      unk_token: "<unk>",
      bos_token: "<bos>",
      eos_token: "<eos>",
      pad_token: "<pad>",
      mask_token: "<mask>",
    },
    rebuild: ({ unk_token: unknown }) => ({
      normalizer: { type: "Replace", pattern: { String: " " }, content: MARK },
      pre_tokenizer: null,
      decoder: decoders(...MARKED_DECODERS),
      model: { ...MARKED_MODEL, unk_token: tokenText(unknown) ?? "<unk>" },
    }),
  },
  Qwen2Tokenizer: {
    tokens: { unk_token: END, eos_token: END, pad_token: END },
    rebuild: (values) => ({
      normalizer: { type: "NFC" },
      pre_tokenizer: sequence(
        { type: "Split", pattern: { Regex: QWEN2 }, behavior: "Isolated" },
        byteLevel(values, false),
      ),
      decoder: BYTE_DECODER,
      model: BYTE_MODEL,
    }),
  },
  GPT2Tokenizer: { tokens: GPT2_TOKENS, rebuild: gpt2(null) },
  CodeGenTokenizer: { tokens: GPT2_TOKENS, rebuild: gpt2(null) },
  GPTNeoXTokenizer: {
    tokens: { ...GPT2_TOKENS, pad_token: "<|padding|>" },
    rebuild: gpt2({ type: "NFC" }),
  },
  CohereTokenizer: {
    tokens: {
      unk_token: "<UNK>",
      bos_token: "<BOS_TOKEN>",
      eos_token: "<|END_OF_TURN_TOKEN|>",
      pad_token: "<PAD>",
      cls_token: "<CLS>",
      sep_token: "<SEP>",
      mask_token: "<MASK_TOKEN>",
    },
    rebuild: gpt2({ type: "NFC" }, [{ type: "Digits", individual_digits: true }]),
  },
};
/** Known but unsupported classes: they also rebuild, or need another kind of model. */
const NOT_OFFERED =
  /^(Albert|Barthez|Bart|Bert|BigBird|Blenderbot|Camembert|Clip|CLIP|CodeLlama|Deberta|DebertaV2|DistilBert|Electra|Funnel|Herbert|LED|Longformer|LayoutLM\w*|MBart|MBart50|MPNet|Mvp|NllbTokenizer|Nllb|OpenAIGPT|Pegasus|Reformer|RemBert|Roberta|Seamless\w*|Splinter|T5|Udop|Whisper|XGLM|XLMRoberta|XLNet)Tokenizer$/;

/** Class that transformers registers for a model type, and whether it overrides the files' choice. */
const REGISTERED: Readonly<Record<string, { readonly name: string; readonly overrules?: true }>> = {
  mistral: { name: "" },
  qwen2: { name: "Qwen2Tokenizer", overrules: true },
  qwen3: { name: "Qwen2Tokenizer" },
  phi3: { name: "", overrules: true },
  olmo2: { name: "" },
  olmo3: { name: "" },
  granite: { name: "" },
  gemma: { name: "GemmaTokenizer" },
  gemma2: { name: "GemmaTokenizer" },
  gemma3_text: { name: "GemmaTokenizer" },
};

/**
 * Returns the class that transformers would use for a tokenizer, or undefined if it uses the file as is.
 *
 * @param json Text of `tokenizer.json`.
 * @throws RangeError naming an unsupported class.
 */
export function tokenizerClass(
  { className, modelType, values }: TokenizerSettings,
  json: string,
): TokenizerClass | undefined {
  const declared = className?.replace(/Fast$/, "");
  const own = (values.auto_map as { AutoTokenizer?: unknown } | undefined)?.AutoTokenizer;
  const known = REGISTERED[modelType ?? ""];
  // A repository with a custom class is not overridden, though that class is not run.
  const registered = own ? undefined : known;
  // LLaMA 3 repositories name a class that could not read their files.
  if (declared === "LlamaTokenizer" && !registered?.overrules && json.includes('"ByteLevel"')) {
    return undefined;
  }
  const differs = registered !== undefined && declared !== undefined &&
    declared !== registered.name;
  const chosen = !differs
    ? declared ?? registered?.name
    : registered.name === "" || registered.overrules
    ? registered.name
    : declared;
  if (own && known === undefined && !Object.hasOwn(REBUILT, chosen ?? "")) {
    throw new RangeError("its tokenizer is a custom Python class (auto_map), which is not run");
  }
  if (chosen === undefined || chosen === "") return undefined;
  if (NOT_OFFERED.test(chosen)) {
    throw new RangeError(`tokenizer_class is ${className}, which is not supported`);
  }
  return Object.hasOwn(REBUILT, chosen) ? REBUILT[chosen] : undefined;
}

/**
 * Returns the texts of named tokens, by names such as `bos_token`; undefined where the settings declare none.
 * Names set neither by the class nor by the settings are omitted.
 */
export function namedTokens(
  { values }: TokenizerSettings,
  rebuilt: TokenizerClass | undefined,
): Map<string, string | undefined> {
  const all: Readonly<Record<string, unknown>> = { ...rebuilt?.tokens, ...values };
  return new Map(
    NAMED_TOKENS.filter((name) => name in all).map((name) => [name, tokenText(all[name])]),
  );
}
