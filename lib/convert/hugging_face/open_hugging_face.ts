import { locateModel, type StoredTensor } from "../../checkpoint/locate_model.ts";
import { ELEMENT_BYTES } from "../../checkpoint/safetensors_header.ts";
import type { ElementType } from "../../graph/element_type.ts";
import { FileReader } from "../file_reader.ts";
import { modelTexts } from "../model_texts.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";

/** Names in safetensors of the types that parameters have. */
const STORED_TYPES: Partial<Record<ElementType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
};

/**
 * Opens a Hugging Face directory to be converted.
 *
 * @throws CorruptFileError, InputError: see `locateModel`.
 */
export async function openHuggingFace(directory: string): Promise<Release> {
  const located = await locateModel(directory);
  const texts = await modelTexts(directory);
  const files = new FileReader();
  const source = (name: string, { dims, path, start, type }: StoredTensor): SourceTensor => {
    const bytes = ELEMENT_BYTES[type];
    return {
      name,
      dims,
      type,
      read: (from, to) => files.read(path, start + from * bytes, start + to * bytes),
    };
  };
  return {
    format: "Hugging Face directory",
    config: located.config,
    configJson: located.configJson,
    parameters: [...located.tensors].map(([name, tensor]) =>
      source(name, { ...tensor, type: STORED_TYPES[tensor.type]! })
    ),
    stored: [...located.stored].map(([name, tensor]) => source(name, tensor)),
    texts,
    notes: located.notes,
    close: () => files.close(),
  };
}
