/**
 * Trains a small model on one text with several methods, at equal tokens, and writes `docs/convergence.md`.
 * Text: the given file, by default the fixture.
 */
import { fileURLToPath } from "node:url";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { readTexts } from "../../lib/corpus/read_texts.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { llamaParameters, parameterCount } from "../../lib/llama/model/parameters.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { PRESETS } from "../../lib/llama/model/presets.ts";
import type { ParameterValues } from "../../lib/tensor/parameter_values.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { aggregate, type AggregationMode } from "../../lib/sparseloco/aggregate.ts";
import { compress } from "../../lib/sparseloco/compress.ts";
import { type CompressedTensor, emptyCompressed } from "../../lib/sparseloco/compressed_tensor.ts";
import { outerStep } from "../../lib/sparseloco/outer_step.ts";
import { learningRate } from "../../lib/sparseloco/schedule.ts";
import { encodeSubmission } from "../../lib/sparseloco/submission.ts";
import { LlamaEvaluator } from "../../lib/swarm/llama_evaluator.ts";
import { LlamaLearner } from "../../lib/swarm/llama_learner.ts";
import { byteTokenizer } from "../../lib/tokenizer/byte_tokenizer.ts";
import { openBenchEngine } from "./bench_engine.ts";
import type { Optimizer } from "../../lib/swarm/learner.ts";

const [PEERS, WINDOWS, INNER_STEPS, BATCH, SEQUENCE] = [4, 30, 15, 8, 128];
const HELD_OUT = 64;
const STEPS = WINDOWS * INNER_STEPS;
const CONFIG = PRESETS.tiny;
const TENSORS = llamaParameters(CONFIG);
const SCHEDULE = {
  peak: 3e-3,
  warmupSteps: Math.ceil(STEPS / 10),
  cosineSteps: STEPS - Math.ceil(STEPS / 10),
  floorFraction: 0.1,
};

/** Outer step over the peers' pseudo-gradients; returns the bytes that one peer sends. */
type Outer = (parameters: ParameterValues, deltas: ParameterValues[], window: number) => number;

/** Dense DiLoCo: mean, then Nesterov momentum. */
function diloco(momentum: number, rate: number): Outer {
  const velocity = new Map<string, Float64Array>();
  return (parameters, deltas) => {
    for (const { name } of TENSORS) {
      const values = parameters.get(name)!;
      const speed = velocity.get(name) ?? new Float64Array(values.length);
      velocity.set(name, speed);
      for (let i = 0; i < values.length; i++) {
        const mean = deltas.reduce((sum, delta) => sum + delta.get(name)![i], 0) / deltas.length;
        speed[i] = momentum * speed[i] + mean;
        values[i] -= rate * (mean + momentum * speed[i]);
      }
    }
    return 4 * parameterCount(CONFIG);
  };
}

/** SparseLoCo with submissions as they are sent. */
function sparseloco(topk: number, mode: AggregationMode, rate: number): Outer {
  const residuals = Array.from(
    { length: PEERS },
    () =>
      new Map(
        TENSORS.map(({ name, dims }) => [name, new Float32Array(dims.reduce((a, b) => a * b, 1))]),
      ),
  );
  return (parameters, deltas, window) => {
    const sent = deltas.map((delta, peer): CompressedTensor[] =>
      TENSORS.map(({ name, dims }) =>
        compress(delta.get(name)!, residuals[peer].get(name)!, dims, topk, 0.95)
      )
    );
    TENSORS.forEach(({ name }, i) =>
      outerStep(parameters.get(name)!, aggregate(sent.map((tensors) => tensors[i]), mode), rate)
    );
    const context = { run: "00".repeat(32), window, uid: 0, topk, shapes: TENSORS };
    return encodeSubmission(context, sent[0]).length;
  };
}

async function openTrainer(engine: Engine, accumulate: number): Promise<Trainer> {
  return await Trainer.open(engine, CONFIG, {
    batch: BATCH,
    sequence: SEQUENCE,
    accumulate,
    shape: "whole",
    adamw: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
  });
}

/** Returns the samples of a peer and window, split into steps. */
function stepSamples(corpus: Corpus, uid: number, window: number): Uint32Array[] {
  const { samples } = corpus.assign(uid, window, INNER_STEPS * BATCH);
  return Array.from(
    { length: INNER_STEPS },
    (_, i) => samples.subarray(i * BATCH, (i + 1) * BATCH),
  );
}

async function heldOutLoss(
  engine: Engine,
  corpus: Corpus,
  parameters: ParameterValues,
): Promise<number> {
  const model = await LossModel.open(engine, CONFIG, { batch: BATCH, sequence: SEQUENCE });
  const evaluator = new LlamaEvaluator(model, corpus);
  const losses = await evaluator.losses(parameters, corpus.heldOut(HELD_OUT));
  await model.close();
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Trains with one AdamW on the combined batches of all peers. */
async function synchronous(engine: Engine, corpus: Corpus): Promise<number> {
  const trainer = await openTrainer(engine, PEERS);
  await trainer.load(initialParameters(CONFIG, new SeededRandom(0n)));
  for (let window = 0; window < WINDOWS; window++) {
    const ofPeers = Array.from({ length: PEERS }, (_, uid) => stepSamples(corpus, uid, window));
    for (let step = 0; step < INNER_STEPS; step++) {
      const rate = learningRate(SCHEDULE, window * INNER_STEPS + step);
      await trainer.step(ofPeers.map((steps) => corpus.batch(steps[step])), rate);
    }
  }
  const loss = await heldOutLoss(engine, corpus, await trainer.parameters());
  await trainer.close();
  return loss;
}

/** Trains peers with separate inner steps and a common outer step. */
async function windowed(
  engine: Engine,
  corpus: Corpus,
  outer: Outer,
): Promise<{ loss: number; bytes: number }> {
  const trainer = await openTrainer(engine, 1);
  const learner = new LlamaLearner(trainer, CONFIG);
  const parameters = initialParameters(CONFIG, new SeededRandom(0n));
  const optimizers = new Array<Optimizer | undefined>(PEERS).fill(undefined);
  let bytes = 0;
  for (let window = 0; window < WINDOWS; window++) {
    const deltas: ParameterValues[] = [];
    for (let uid = 0; uid < PEERS; uid++) {
      const batches = stepSamples(corpus, uid, window);
      const steps = async function* () {
        for (const [step, samples] of batches.entries()) {
          const rate = learningRate(SCHEDULE, window * INNER_STEPS + step);
          yield { samples: corpus.batch(samples), learningRate: rate };
        }
      };
      const hooks = { onStart: () => {}, onStep: () => true };
      const end = await learner.train({ parameters, optimizer: optimizers[uid] }, steps(), hooks);
      optimizers[uid] = end.optimizer;
      deltas.push(
        new Map(TENSORS.map(({ name }) => [
          name,
          parameters.get(name)!.map((value, i) => value - end.parameters.get(name)![i]),
        ])),
      );
    }
    bytes += outer(parameters, deltas, window);
  }
  const loss = await heldOutLoss(engine, corpus, parameters);
  await trainer.close();
  return { loss, bytes: bytes / WINDOWS };
}

const path = Deno.args[0] ??
  fileURLToPath(new URL("../../assets/shakespeare.txt", import.meta.url));
const corpus = new Corpus(await readTexts([path], byteTokenizer()), SEQUENCE);
const METHODS: [name: string, outer: Outer][] = [
  ["SparseLoCo, k = 64, selected-mean", sparseloco(64, "selected-mean", 1)],
  ["SparseLoCo, k = 176, selected-mean", sparseloco(176, "selected-mean", 1)],
  ["SparseLoCo, k = 64, selected-mean, outer rate 0.7", sparseloco(64, "selected-mean", 0.7)],
  ["SparseLoCo, k = 64, peer-mean", sparseloco(64, "peer-mean", 1)],
  ["dense DiLoCo, Nesterov 0.9, rate 0.7", diloco(0.9, 0.7)],
];
const rows: string[] = [];
await using bench = await openBenchEngine(navigator.hardwareConcurrency);
const tokens = PEERS * WINDOWS * INNER_STEPS * BATCH * SEQUENCE;
const add = (name: string, loss: number, bytes: string) => {
  rows.push(`| ${name} | ${loss.toFixed(3)} | ${bytes} | ${tokens.toLocaleString("en")} |`);
  console.log(rows.at(-1));
};
add(
  "synchronous AdamW, one batch of all peers",
  await synchronous(bench.engine, corpus),
  `${(4 * parameterCount(CONFIG) * INNER_STEPS).toLocaleString("en")} (one gradient per step)`,
);
for (const [name, outer] of METHODS) {
  const { bytes, loss } = await windowed(bench.engine, corpus, outer);
  add(name, loss, Math.round(bytes).toLocaleString("en"));
}
const values = TENSORS.reduce((sum, { dims }) => sum + emptyCompressed(dims, 64).codes.length, 0);
const reference = (values * 20) / 8;
await Deno.writeTextFile(
  new URL("../../docs/convergence.md", import.meta.url),
  `# Loss at equal tokens

Generated by \`scripts/bench/convergence.ts\`: the \`tiny\` model (${
    parameterCount(CONFIG).toLocaleString("en")
  } parameters, bytes), ${PEERS} peers,
${WINDOWS} windows of ${INNER_STEPS} inner steps of ${BATCH} x ${SEQUENCE} tokens, peak rate ${SCHEDULE.peak} with warm-up and cosine, one seed, the same
samples for all methods. Text of ${
    corpus.tokens.length.toLocaleString("en")
  } tokens; loss in nats per byte on ${corpus.heldOut(HELD_OUT).length} held-out samples; unigram
entropy ${
    corpus.unigramEntropy().toFixed(3)
  }. The same learning rate for every method: none was tuned.

| method | held-out loss | bytes per peer and window | tokens |
| --- | --- | --- | --- |
${rows.join("\n")}

The reference's format, 20 bits per value, takes ${
    reference.toLocaleString("en")
  } bytes for k = 64; k = 176 costs no more than that here.
`,
);
