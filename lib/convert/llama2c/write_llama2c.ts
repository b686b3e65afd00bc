import { replaceFile } from "../../file/replace_file.ts";
import { InputError } from "../../input/input_error.ts";
import type { LlamaConfig } from "../../llama/model/llama_config.ts";
import { ropeTable } from "../../llama/model/rope.ts";
import { convertChunks } from "../convert_chunks.ts";
import type { LossReport } from "../floats/loss_report.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import type { WriteHooks } from "../write_hooks.ts";
import { llama2cLayout } from "./llama2c_layout.ts";

/**
 * Writes the `.bin` that llama2.c's `run.c` reads: version 0, float32.
 *
 * @throws InputError when the format cannot hold the model.
 */
export async function writeLlama2c(
  path: string,
  { config, configJson, parameters }: Release,
  report: LossReport,
  { onBytes, signal }: WriteHooks,
): Promise<void> {
  refuseOther(config, String(configJson.model_type ?? "llama"));
  const sources = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const tables = ropeTable(config, config.positionsMax);
  const parts = async function* () {
    yield header(config);
    for (const { name } of llama2cLayout(config, 0)) {
      const source = sources.get(name);
      if (!source) {
        const table = name === "cosines" ? tables.cos : tables.sin;
        yield new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
        continue;
      }
      const module = /\.(q_proj|k_proj)\./.exec(name)?.[1];
      const heads = module === "q_proj" ? config.heads : config.keyValueHeads;
      const ordered = module ? permuteRotaryRows(source, heads, "neighbours") : source;
      for await (const bytes of convertChunks(ordered, "F32", report)) {
        signal.throwIfAborted();
        yield bytes;
        onBytes(bytes.length);
      }
    }
  };
  await replaceFile(path, parts());
}

function header(config: LlamaConfig): Uint8Array {
  const sign = config.tiedEmbeddings ? 1 : -1;
  return new Uint8Array(
    Int32Array.of(
      config.hiddenSize,
      config.intermediateSize,
      config.layers,
      config.heads,
      config.keyValueHeads,
      sign * config.vocabSize,
      config.positionsMax,
    ).buffer,
  );
}

/** The file holds sizes only; all else is fixed in llama2.c. */
function refuseOther(config: LlamaConfig, modelType: string): void {
  const fixed: [what: string, value: unknown, wanted: unknown][] = [
    ["model_type", modelType, "llama"],
    ["rope_theta", config.ropeTheta, 10000],
    ["rope type", config.ropeScaling.kind, "default"],
    ["rms_norm_eps", config.rmsNormEpsilon, 1e-5],
    ["head_dim", config.headDim, config.hiddenSize / config.heads],
    ["max_position_embeddings beyond a million", config.positionsMax > 1e6, false],
    ["number of biases", config.biases.length, 0],
  ];
  const wrong = fixed.find(([, value, wanted]) => value !== wanted);
  if (!wrong) return;
  const [what, value, wanted] = wrong;
  throw new InputError(`Cannot write llama2.c: ${what} is ${value}, want ${wanted}`);
}
