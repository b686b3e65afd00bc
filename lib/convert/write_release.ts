import { parseJsonObject } from "../file/parse_json_object.ts";
import { InputError } from "../input/input_error.ts";
import { TokenizerFile } from "../tokenizer/tokenizer_file.ts";
import type { FloatType } from "./floats/float_type.ts";
import { LossReport } from "./floats/loss_report.ts";
import { ggufTokenizer } from "./gguf/gguf_tokenizer.ts";
import { FILE_TYPES, type FileType, writeGguf } from "./gguf/write_gguf.ts";
import { writeHuggingFace } from "./hugging_face/write_hugging_face.ts";
import { writeLlama2c } from "./llama2c/write_llama2c.ts";
import type { Release } from "./release.ts";
import { type TargetName, TARGETS } from "./targets.ts";
import type { WriteHooks } from "./write_hooks.ts";

/** How a model is written. */
export interface WriteSettings {
  /** Type of the weights, by a name of the target's; undefined keeps that of the input. */
  readonly dtype: string | undefined;
  /** Longest weight file of a directory, bytes. */
  readonly shardBytesMax: number;
  /** Name of the model, for people. */
  readonly name: string;
  /** Name of the pre-tokenizer; undefined recognises it. */
  readonly pre: string | undefined;
}

/**
 * Writes a model in another format.
 *
 * @returns What rounding changed.
 * @throws InputError when the format cannot hold the model.
 */
export async function writeRelease(
  path: string,
  to: TargetName,
  release: Release,
  { dtype, name, pre, shardBytesMax }: WriteSettings,
  hooks: WriteHooks,
): Promise<LossReport> {
  const report = new LossReport();
  const wanted = dtype === undefined
    ? undefined
    : (TARGETS[to].dtypes as Record<string, FloatType | FileType>)[dtype];
  switch (to) {
    case "hugging-face": {
      const settings = { dtype: wanted as FloatType | undefined, shardBytesMax };
      await writeHuggingFace(path, release, settings, report, hooks);
      break;
    }
    case "gguf": {
      const type = (wanted ?? ownType(release)) as FileType;
      await writeGguf(
        path,
        release,
        { type, name, tokenizer: tokenizerOf(release, pre) },
        report,
        hooks,
      );
      break;
    }
    case "llama2.c":
      await writeLlama2c(path, release, report, hooks);
  }
  return report;
}

/** Type of most of the weights. */
function ownType({ parameters }: Release): FileType {
  const { type } = parameters[0];
  return Object.hasOwn(FILE_TYPES, type) ? type as FileType : "F32";
}

function tokenizerOf({ config, texts }: Release, pre: string | undefined) {
  const json = texts.get("tokenizer.json");
  if (json === undefined) {
    throw new InputError("Cannot write GGUF: the model has no tokenizer.json");
  }
  const bos = config.bosTokenId;
  const begins = bos !== undefined && new TokenizerFile(json).encode("a", true)[0] === bos;
  const template = chatTemplateOf(texts);
  return [
    ...ggufTokenizer(
      json,
      config.vocabSize,
      { bos, eos: config.eosTokenIds[0], addBos: begins },
      pre,
    ),
    ...(template === undefined
      ? []
      : [{ key: "tokenizer.chat_template", kind: "string" as const, value: template }]),
  ];
}

/** The default chat template, from a file of its own or from the tokenizer's settings. */
function chatTemplateOf(texts: Release["texts"]): string | undefined {
  const own = texts.get("chat_template.jinja");
  if (own !== undefined) return own;
  for (const name of ["chat_template.json", "tokenizer_config.json"]) {
    const text = texts.get(name);
    const template = text === undefined ? undefined : parseJsonObject(name, text).chat_template;
    if (typeof template === "string") return template;
  }
  return undefined;
}
