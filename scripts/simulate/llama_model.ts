import { fileURLToPath } from "node:url";
import type { Engine } from "../../lib/engine/engine.ts";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { formatLlamaConfig } from "../../lib/llama/model/format_llama_config.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { simulatedDefinition } from "../../lib/simulation/simulated_definition.ts";
import type { SimulateOptions } from "../../lib/simulation/simulate_options.ts";
import { evaluationShape, LlamaEvaluator } from "../../lib/swarm/llama_evaluator.ts";
import { LlamaLearner } from "../../lib/swarm/llama_learner.ts";
import { SMALL_CONFIG } from "../../fixtures/small_config.ts";

const TEXT = fileURLToPath(new URL("../../assets/shakespeare.txt", import.meta.url));

/** Opens a very small LLaMA on the real engine, for simulations. */
export async function openLlamaModel(
  engine: Engine,
): Promise<NonNullable<SimulateOptions["model"]>> {
  const config = parseLlamaConfig(SMALL_CONFIG);
  const base = simulatedDefinition();
  const definition = { ...base, model: formatLlamaConfig(config) };
  const { batch, innerSteps: _, sequence, schedule: __, ...adamw } = definition.training;
  const bytes = (await Deno.readFile(TEXT)).subarray(0, 40_000);
  const tokens = Uint32Array.from(bytes, (byte) => byte % config.vocabSize);
  const corpus = new Corpus(tokens, sequence);
  const trainer = await Trainer.open(engine, config, {
    batch: 1,
    sequence,
    accumulate: batch,
    shape: "whole",
    adamw,
  });
  const lossModel = await LossModel.open(engine, config, evaluationShape(definition));
  return {
    definition,
    corpus,
    learner: new LlamaLearner(trainer, config),
    evaluator: new LlamaEvaluator(lossModel, corpus),
    initialParameters: initialParameters(config, new SeededRandom(0n)),
  };
}
