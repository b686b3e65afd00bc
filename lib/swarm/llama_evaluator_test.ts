import assert from "node:assert/strict";
import { Corpus } from "../corpus/corpus.ts";
import type { LossModel } from "../llama/training/loss_model.ts";
import type { MicroBatch } from "../llama/training/gradient_pass.ts";
import { simulatedDefinition } from "../simulation/simulated_definition.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import { evaluatedSamples, evaluationShape, LlamaEvaluator } from "./llama_evaluator.ts";

/** Returns a model whose loss of a sequence is its first token plus the model's only parameter. */
function firstTokens(batch: number, sequence: number): LossModel {
  let offset = NaN;
  return {
    shape: { batch, sequence },
    load: (values: ParameterValues) => Promise.resolve(void (offset = values.get("w")![0])),
    losses: async ({ tokens }: MicroBatch) => {
      await Promise.resolve();
      return Float32Array.from({ length: batch }, (_, row) => tokens[row * sequence] + offset);
    },
  } as unknown as LossModel;
}

Deno.test("LlamaEvaluator measures every sample once and pads the last batch", async () => {
  const corpus = new Corpus(Uint32Array.from({ length: 400 }, (_, i) => i), 4);
  const told: number[] = [];
  const evaluator = new LlamaEvaluator(firstTokens(3, 4), corpus, (count) => told.push(count));
  const values = (w: number): ParameterValues => new Map([["w", Float32Array.of(w)]]);
  // Concurrent calls are each measured under their own parameters.
  const [first, second] = await Promise.all([
    evaluator.losses(values(0.5), [5, 0, 7, 2]),
    evaluator.losses(values(100), [1]),
  ]);
  assert.deepEqual([...first], [20.5, 0.5, 28.5, 8.5]);
  assert.deepEqual([...second], [104]);
  assert.deepEqual(told, [3, 1, 1]);
});

Deno.test("evaluations have the same shape in every replay and a bounded number of samples", () => {
  assert.deepEqual(evaluationShape({ training: { sequence: 128 } as never }), {
    batch: 16,
    sequence: 128,
  });
  assert.equal(evaluationShape({ training: { sequence: 4096 } as never }).batch, 1);
  const definition = simulatedDefinition();
  const { ownSamples, peersPerWindow, randomSamples } = definition.gauntlet.evaluation;
  const most = evaluatedSamples(definition, 1000);
  assert.equal(most, evaluatedSamples(definition, peersPerWindow));
  assert.equal(most, 3 * peersPerWindow * ownSamples + (2 + peersPerWindow) * randomSamples);
});
