import { ELEMENT_BYTES } from "../checkpoint/safetensors_header.ts";
import { parameterCount } from "../llama/model/parameters.ts";
import { elementCount } from "../tensor/dims.ts";
import type { Release } from "./release.ts";
import { TARGETS } from "./targets.ts";

/** What a model is. */
export interface ReleaseDescription {
  /** What its files are. */
  readonly format: string;
  /** `model_type` of its configuration. */
  readonly architecture: string;
  /** Number of parameters. */
  readonly parameters: number;
  /** Bytes of all tensors by type. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Its shape, as `config.json` has it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Tensors, each with its shape and type. */
  readonly tensors: readonly { name: string; dims: readonly number[]; type: string }[];
  /** Whether there is a tokenizer. */
  readonly tokenizer: boolean;
  /** Formats that it can be written in. */
  readonly targets: readonly string[];
  /** Contradictions in its files. */
  readonly notes: readonly string[];
}

/** Describes a model. */
export function describeRelease(release: Release): ReleaseDescription {
  const bytes: Record<string, number> = {};
  for (const { dims, type } of release.stored) {
    bytes[type] = (bytes[type] ?? 0) + elementCount(dims) * ELEMENT_BYTES[type];
  }
  return {
    format: release.format,
    architecture: String(release.configJson.model_type ?? "llama"),
    parameters: parameterCount(release.config),
    bytes,
    config: release.configJson,
    tensors: release.stored.map(({ dims, name, type }) => ({ name, dims, type })),
    tokenizer: release.texts.has("tokenizer.json"),
    targets: Object.keys(TARGETS),
    notes: release.notes,
  };
}
