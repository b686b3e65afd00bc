import { InputError } from "../../input/input_error.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";

/** How GGUF has a family of models. */
export interface Architecture {
  /** Value of `general.architecture`. */
  readonly name: string;
  /** `model_type` that a file of this architecture becomes. */
  readonly modelType: string;
  /** Whether query and key rows pair neighbours for rotations, and not the two ends of a head. */
  readonly interleaved: boolean;
}

const LLAMA: Architecture = { name: "llama", modelType: "llama", interleaved: true };

/** Architectures by `model_type`. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: { name: "qwen2", modelType: "qwen2", interleaved: false },
  qwen3: { name: "qwen3", modelType: "qwen3", interleaved: false },
};

/**
 * Architecture of a model.
 *
 * @throws InputError when GGUF files of its family are not written here.
 */
export function architectureOf(modelType: string, config: LlamaConfig): Architecture {
  if (!Object.hasOwn(ARCHITECTURES, modelType)) {
    throw new InputError(
      `Cannot write GGUF: model_type is "${modelType}", want ${
        Object.keys(ARCHITECTURES).join(", ")
      }`,
    );
  }
  if (config.traits?.windows?.some((window) => window !== undefined)) {
    throw new InputError(
      "Cannot write GGUF: the model has a sliding window, which these files cannot hold",
    );
  }
  return ARCHITECTURES[modelType];
}

/**
 * Architecture of a file.
 *
 * @throws InputError when it is not one that is read here.
 */
export function architectureNamed(name: unknown): Architecture {
  const found = Object.values(ARCHITECTURES).find((each) => each.name === name);
  if (found) return found;
  const wanted = [...new Set(Object.values(ARCHITECTURES).map((each) => each.name))].join(", ");
  throw new InputError(
    `Cannot read GGUF: general.architecture is ${
      JSON.stringify(String(name).slice(0, 40))
    }, want ${wanted}`,
  );
}
