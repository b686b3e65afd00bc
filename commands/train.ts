import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { writeModelDirectory } from "../lib/checkpoint/model_directory.ts";
import { replaceFile } from "../lib/checkpoint/replace_file.ts";
import type { Engine } from "../lib/engine/engine.ts";
import { generate } from "../lib/llama/generate.ts";
import { LogitsModel } from "../lib/llama/logits.ts";
import { Trainer } from "../lib/llama/trainer.ts";
import { SeededRandom } from "../lib/random/seeded_random.ts";
import { stateDigest } from "../lib/sparseloco/state_digest.ts";
import { EventLog, readEvents } from "../lib/swarm/event_log.ts";
import { LlamaLearner } from "../lib/swarm/llama_learner.ts";
import { runLocalSwarm } from "../lib/swarm/local_swarm.ts";
import type { PeerState } from "../lib/swarm/peer_state.ts";
import { formatRunDefinition, runId } from "../lib/swarm/run_definition.ts";
import type { Emit } from "../lib/swarm/swarm_event.ts";
import { reportHtml } from "../lib/terminal/report_html.ts";
import { RunProgress } from "../lib/terminal/run_progress.ts";
import type { Command, CommandDependencies } from "./command.ts";
import { parseTrainOptions, type TrainOptions } from "./_train_options.ts";
import { DEFAULT_TEXT, planTrain, type TrainPlan } from "./_train_plan.ts";
import { conclusion } from "./_train_conclusion.ts";

/** Held-out samples that the loss of each window is measured on. */
const HELD_OUT_SAMPLES = 32;
/** Tokens of the sample at the end. */
const SAMPLE_TOKENS = 240;
/** Context of the sample at most. */
const SAMPLE_CONTEXT_MAX = 256;

/** `covey train`: a swarm on this machine. */
export const train: Command<TrainOptions> = {
  parse: parseTrainOptions,
  scope: (options) => {
    const inputs = [...options.texts, options.from, options.run, options.tokenizer, options.model]
      .flatMap((path) => (path === undefined ? [] : [resolve(path)]));
    return {
      read: [...inputs, dirname(decodeURIComponent(DEFAULT_TEXT.pathname)), resolve(options.out)],
      write: [resolve(options.out)],
      net: [],
      sys: ["systemMemoryInfo"],
      engine: true,
    };
  },
  run: runTrain,
};

async function runTrain(options: TrainOptions, dependencies: CommandDependencies): Promise<number> {
  const { nowMs, openEngine, stopwatch, terminal } = dependencies;
  const { out } = options;
  const plan = await planTrain(options, dependencies.memoryBytes());
  const engine = await openEngine(options.device, options.threads);
  await mkdir(out, { recursive: true });
  if (!plan.resumed) {
    await replaceFile(join(out, "run.yaml"), [formatRunDefinition(plan.definition)]);
  }
  const progress = new RunProgress(terminal, options.quiet, stopwatch);
  const eventsPath = join(out, "events.jsonl");
  for (const event of readEvents(eventsPath)) progress.recall(event);
  using log = new EventLog(eventsPath, nowMs);
  const emit: Emit = (event) => {
    const line = log.write(event);
    progress.take(event);
    if (options.jsonLines) terminal.out(line + "\n");
  };
  emit(startedEvent(plan, engine));
  try {
    await trainAndSample(options, plan, engine, emit, dependencies);
  } catch (cause) {
    if (dependencies.signal.aborted) {
      emit({ event: "interrupted", window: progress.summary.now?.window ?? 0 });
    }
    throw cause;
  } finally {
    progress.clear();
    await replaceFile(join(out, "report.html"), [reportHtml(progress.summary)]);
    await engine.close();
  }
  if (!options.jsonLines) terminal.out(conclusion(progress, out));
  return 0;
}

function startedEvent(plan: TrainPlan, engine: Engine): Parameters<Emit>[0] {
  const { corpus, definition, parameters, peers, stepShape, windows } = plan;
  return {
    event: "started",
    run: runId(definition),
    peers,
    windows,
    parameters: [...parameters.values()].reduce((sum, values) => sum + values.length, 0),
    trainTokens: corpus.trainSamples * corpus.sequence,
    unigramEntropy: corpus.unigramEntropy(),
    device: engine.device,
    stepShape,
  };
}

async function trainAndSample(
  { out }: TrainOptions,
  plan: TrainPlan,
  engine: Engine,
  emit: Emit,
  { signal, stopwatch }: CommandDependencies,
): Promise<void> {
  const { config, definition, microBatch } = plan;
  const { batch, sequence, ...adamw } = definition.training;
  const trainer = await Trainer.open(engine, config, {
    batch: microBatch,
    sequence,
    accumulate: batch / microBatch,
    shape: plan.stepShape,
    adamw,
  });
  const learner = new LlamaLearner(trainer, config);
  const heldOut = heldOutBatches(plan);
  const state = await runLocalSwarm({
    ...plan,
    directory: out,
    learner,
    initialParameters: plan.parameters,
    emit,
    stopwatch,
    signal,
    onWindow: async (state, digest) => {
      const window = state.window - 1;
      await writeCheckpoint(out, plan, state, digest);
      emit({ event: "checkpoint", window, digest, path: join(out, "checkpoint") });
      emit({ event: "held-out-loss", window, loss: await learner.loss(state.parameters, heldOut) });
    },
  });
  await trainer.close();
  const digest = stateDigest(
    learner.tensors.map(({ name, dims }) => ({ name, dims, data: state.parameters.get(name)! })),
  );
  const sample = await sampleText(engine, plan, state);
  emit({ event: "finished", windows: state.window, digest, sample });
}

/** Held-out samples as micro-batches; the last ones are repeated to fill the batch. */
function heldOutBatches({ corpus, microBatch }: TrainPlan) {
  const samples = corpus.heldOut(HELD_OUT_SAMPLES);
  const batches = Math.max(1, Math.floor(samples.length / microBatch));
  return Array.from(
    { length: batches },
    (_, i) =>
      corpus.batch(
        Array.from(
          { length: microBatch },
          (_, j) => samples[(i * microBatch + j) % samples.length],
        ),
      ),
  );
}

async function writeCheckpoint(
  out: string,
  { config, definition, tokenizer }: TrainPlan,
  { parameters, window }: PeerState,
  digest: string,
): Promise<void> {
  const directory = join(out, "checkpoint");
  await writeModelDirectory(directory, { config, parameters, tokenizerJson: tokenizer.json });
  const facts = { run: runId(definition), windows: window, digest };
  await replaceFile(join(directory, "run.json"), [JSON.stringify(facts, null, 2) + "\n"]);
}

/** A text that the model makes up, from the beginning of the held-out part. */
async function sampleText(
  engine: Engine,
  { config, corpus, definition, tokenizer }: TrainPlan,
  { parameters }: PeerState,
): Promise<string> {
  const context = Math.min(SAMPLE_CONTEXT_MAX, config.positionsMax);
  const model = await LogitsModel.open(engine, config, parameters, context, 1);
  const start = corpus.heldOut(1)[0] * corpus.sequence;
  const prompt = [...corpus.tokens.subarray(start, start + Math.min(32, corpus.sequence))];
  const ids = await generate(model, prompt, {
    count: SAMPLE_TOKENS,
    temperature: 0.8,
    stop: [tokenizer.endOfText],
    vocabularySize: tokenizer.vocabularySize,
    random: new SeededRandom(BigInt(definition.seed)),
  });
  await model.close();
  return tokenizer.decode([...prompt, ...ids]);
}
