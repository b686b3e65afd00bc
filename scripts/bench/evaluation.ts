import type { Engine } from "../../lib/engine/engine.ts";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { POLICIES } from "../../lib/gauntlet/policy.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { llamaParameters } from "../../lib/llama/model/parameters.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { simulatedDefinition } from "../../lib/simulation/simulated_definition.ts";
import { compress } from "../../lib/sparseloco/compress.ts";
import { evaluateSubmissions } from "../../lib/swarm/examination/evaluate_submissions.ts";
import type { Submission } from "../../lib/swarm/examination/examine_submission.ts";
import { LlamaEvaluator } from "../../lib/swarm/llama_evaluator.ts";
import type { StepCase } from "./training_step.ts";

/** The preset `small`, in the form passed to PyTorch. */
export const EVALUATION_CASE: StepCase = {
  name: "small",
  config: {
    vocab_size: 320,
    hidden_size: 320,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    intermediate_size: 960,
    tie_word_embeddings: false,
  },
  batch: 16,
  sequence: 128,
};

/** Peers per evaluation. */
export const EVALUATED_PEERS = 2;

/** Prepares evaluations of a window's peers like a validator's, from submissions to the inputs of scores. */
export async function timedEvaluation(engine: Engine, step: StepCase) {
  const config = parseLlamaConfig({ ...step.config, rms_norm_eps: 1e-6 });
  const tensors = llamaParameters(config);
  const random = new SeededRandom(1n);
  const corpus = new Corpus(
    Uint32Array.from({ length: 400_000 }, () => Math.floor(random.uniform() * 256)),
    step.sequence,
  );
  const model = await LossModel.open(engine, config, step);
  const evaluator = new LlamaEvaluator(model, corpus);
  const base = simulatedDefinition();
  const training = { ...base.training, innerSteps: 20, batch: 8, sequence: step.sequence };
  const submissions = Array.from({ length: EVALUATED_PEERS }, (_, uid) => ({
    uid,
    tensors: tensors.map(({ dims }) => {
      const length = dims.reduce((product, dim) => product * dim, 1);
      const delta = Float32Array.from({ length }, () => 1e-3 * random.normal());
      return compress(delta, new Float32Array(length), dims, 64, 0);
    }),
  } as unknown as Submission));
  let sequences = 0;
  const context = {
    definition: { ...base, training, gauntlet: POLICIES.templar },
    shapes: tensors,
    before: initialParameters(config, random),
    corpus,
    window: 0,
    nonce: "00".repeat(32),
    evaluator: {
      losses: (...args: Parameters<LlamaEvaluator["losses"]>) => {
        sequences += args[1].length;
        return evaluator.losses(...args);
      },
    },
  };
  return {
    /** Evaluates all peers once; returns the number of sequences run through the model. */
    run: async (): Promise<number> => {
      sequences = 0;
      await evaluateSubmissions(submissions, submissions, context);
      return sequences;
    },
    close: () => model.close(),
  };
}
