import type { FloatType } from "./floats/float_type.ts";
import type { FileType } from "./gguf/write_gguf.ts";

/** A format that models are written in. */
export interface Target {
  /** What is written, for people. */
  readonly summary: string;
  /** Ending of its file names; undefined for a directory. */
  readonly ending: string | undefined;
  /** Types of weights, by the names that users give. */
  readonly dtypes: Readonly<Record<string, FloatType | FileType>>;
}

const FLOATS = { f32: "F32", f16: "F16", bf16: "BF16" } as const;

/** Formats by name. */
export const TARGETS = {
  "hugging-face": {
    summary: "directory with safetensors and config.json",
    ending: undefined,
    dtypes: FLOATS,
  },
  gguf: {
    summary: "one file for llama.cpp, tokenizer included",
    ending: ".gguf",
    dtypes: { ...FLOATS, q8_0: "Q8_0", q6_k: "Q6_K", q4_k_m: "Q4_K_M", q4_0: "Q4_0" },
  },
  "llama2.c": {
    summary: "one file for run.c, without tokenizer",
    ending: ".bin",
    dtypes: { f32: "F32" },
  },
} as const satisfies Record<string, Target>;

/** Name of a format. */
export type TargetName = keyof typeof TARGETS;

/** Format that a path's ending names; a Hugging Face directory where it names none. */
export function targetOf(path: string): TargetName {
  const named = Object.entries(TARGETS).find(([, { ending }]) =>
    ending !== undefined && path.toLowerCase().endsWith(ending)
  );
  return (named?.[0] ?? "hugging-face") as TargetName;
}
