import type { LlamaConfig } from "../llama/model/llama_config.ts";
import type { SourceTensor } from "./source_tensor.ts";

/** A model as any of its formats has it, opened to be converted. */
export interface Release {
  /** What the files are, for people: "Hugging Face directory". */
  readonly format: string;
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Contents of a `config.json` that says the same. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** Every parameter, under its name in Hugging Face's checkpoints, in canonical order. */
  readonly parameters: readonly SourceTensor[];
  /** Tensors as a Hugging Face directory stores them; the parameters, unless its files fuse some or hold more. */
  readonly stored: readonly SourceTensor[];
  /** Texts of the files beside the weights, by name: `tokenizer.json`, `generation_config.json`, ... */
  readonly texts: ReadonlyMap<string, string>;
  /** Contradictions and losses that the user should know of. */
  readonly notes: readonly string[];
  /** Closes its files. */
  close(): Promise<void>;
}
