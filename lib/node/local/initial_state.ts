import { join } from "node:path";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { openSafetensors } from "../../checkpoint/safetensors_file.ts";
import { writeSafetensors } from "../../checkpoint/write_safetensors.ts";
import { sameDims } from "../../tensor/dims.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import { llamaParameters } from "../../llama/model/parameters.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import { stateDigest } from "../../sparseloco/state_digest.ts";
import type { RunDefinition } from "../../swarm/run_definition.ts";

const FILE = "initial.safetensors";

/** Writes the initial parameters of a run to its directory: every replay starts from them. */
export async function writeInitialState(
  directory: string,
  config: LlamaConfig,
  parameters: ParameterValues,
): Promise<void> {
  const tensors = llamaParameters(config).map(({ name, dims }) => ({
    name,
    dims,
    data: parameters.get(name)!,
  }));
  await writeSafetensors(join(directory, FILE), tensors, {});
}

/**
 * Reads the initial parameters of a run.
 *
 * @throws CorruptFileError when they do not match the run's definition.
 */
export async function readInitialState(
  directory: string,
  config: LlamaConfig,
  { initialState }: RunDefinition,
): Promise<ParameterValues> {
  const path = join(directory, FILE);
  const file = await openSafetensors(path);
  try {
    const values: ParameterValues = new Map();
    for (const { name, dims } of llamaParameters(config)) {
      const entry = file.tensors.get(name);
      if (!entry || !sameDims(entry.dims, dims)) {
        throw new CorruptFileError(
          `Cannot read ${path}: tensor "${name}" has shape [${entry?.dims}], want [${dims}]`,
        );
      }
      values.set(name, await file.float32(name));
    }
    const digest = stateDigest(llamaParameters(config), values);
    if (digest !== initialState) {
      throw new CorruptFileError(
        `Cannot use ${path}: its digest is ${digest}, the run has ${initialState}`,
      );
    }
    return values;
  } finally {
    await file.close();
  }
}
