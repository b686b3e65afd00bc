import type { Engine } from "../../lib/engine/engine.ts";
import { Graph } from "../../lib/graph/graph.ts";
import { matmul } from "../../lib/graph/operators/matmul.ts";
import { serializeGraph } from "../../lib/graph/serialize_graph.ts";
import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { parseLlamaConfig } from "../../lib/llama/model/parse_llama_config.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { parameterCount } from "../../lib/llama/model/parameters.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";

/** A model and batch to time, here and in PyTorch. */
export interface StepCase {
  /** Name in the table. */
  name: string;
  /** Keys of `config.json`. */
  config: Record<string, number | boolean>;
  /** Sequences per step. */
  batch: number;
  /** Tokens per sequence. */
  sequence: number;
}

/** Models of the benchmark: about 5M and 35M parameters. */
export const STEP_CASES: StepCase[] = [
  { name: "5M", ...model(4096, 256, 4, 4, 688), batch: 16, sequence: 256 },
  { name: "35M", ...model(8192, 512, 8, 8, 1376), batch: 16, sequence: 256 },
];

function model(vocab: number, hidden: number, layers: number, heads: number, inner: number) {
  return {
    config: {
      vocab_size: vocab,
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: heads,
      intermediate_size: inner,
      tie_word_embeddings: false,
    },
  };
}

/** Returns the FLOPs of one step: 6 per weight and token, and attention's products. */
export function stepFlops(config: LlamaConfig, { batch, sequence }: StepCase): number {
  const tokens = batch * sequence;
  const inProducts = parameterCount(config) - config.vocabSize * config.hiddenSize;
  const attention = 12 * config.layers * sequence * config.heads * config.headDim;
  return tokens * (6 * inProducts + attention);
}

/** Returns a function that measures the runtime's own product of square matrices, FLOP/s. */
export async function matmulRate(engine: Engine, side = 1024): Promise<() => Promise<number>> {
  const graph = new Graph("peak");
  const [a, b] = ["a", "b"].map((name) => graph.input(name, "float32", [side, side]));
  graph.output("c", matmul(a, b));
  const session = await engine.load(serializeGraph(graph), ["c"]);
  const matrix = () =>
    engine.upload({
      type: "float32",
      dims: [side, side],
      data: new Float32Array(side * side).fill(0.5),
    });
  const [left, right, product] = [await matrix(), await matrix(), await matrix()];
  return async () => {
    const times: number[] = [];
    for (let i = 0; i < 12; i++) {
      const startMs = performance.now();
      await session.run({ a: left, b: right }, { c: product });
      times.push(performance.now() - startMs);
    }
    times.sort((x, y) => x - y);
    return (2 * side ** 3) / (times[times.length >> 1] / 1000);
  };
}

/** Opens a trainer on random tokens, with a function that times one step in seconds. */
export async function timedStep(engine: Engine, step: StepCase, shape: "whole" | "blocks") {
  const config = parseLlamaConfig(step.config);
  const trainer = await Trainer.open(engine, config, {
    ...step,
    accumulate: 1,
    shape,
    adamw: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
  });
  const random = new SeededRandom(1n);
  await trainer.load(initialParameters(config, random));
  const tokens = () =>
    Int32Array.from(
      { length: step.batch * step.sequence },
      () => Math.floor(random.uniform() * config.vocabSize),
    );
  const batch = { tokens: tokens(), targets: tokens() };
  const seconds = async () => {
    const startMs = performance.now();
    await trainer.step([batch], 1e-4);
    return (performance.now() - startMs) / 1000;
  };
  return { config, trainer, seconds };
}
