import { NotFiniteError } from "../../lib/tensor/not_finite_error.ts";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ADVERSARIES } from "../../lib/adversary/adversaries.ts";
import { writeModelDirectory } from "../../lib/checkpoint/model_directory.ts";
import { replaceFile } from "../../lib/file/replace_file.ts";
import { writeShard } from "../../lib/corpus/write_shard.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { LossModel } from "../../lib/llama/training/loss_model.ts";
import { llamaParameters, parameterCount } from "../../lib/llama/model/parameters.ts";
import { Trainer } from "../../lib/llama/training/trainer.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { stateDigest } from "../../lib/sparseloco/state_digest.ts";
import { EventLog, readEvents } from "../../lib/swarm/event_log.ts";
import {
  evaluatedSamples,
  evaluationShape,
  LlamaEvaluator,
} from "../../lib/swarm/llama_evaluator.ts";
import { writeInitialState } from "../../lib/node/local/initial_state.ts";
import { LlamaLearner } from "../../lib/swarm/llama_learner.ts";
import { type ConsensusState, runLocalSwarm } from "../../lib/node/local/local_swarm.ts";
import { writeMachineSettings } from "../../lib/node/local/machine_settings.ts";
import { DirectoryInUseError, lockDirectory } from "../../lib/node/local/lock_directory.ts";
import { formatRunDefinition, runId } from "../../lib/swarm/run_definition.ts";
import type { Emit, SwarmEvent } from "../../lib/swarm/swarm_event.ts";
import { reportHtml } from "../../lib/report/report_html.ts";
import { RunProgress } from "../../lib/terminal/run_progress.ts";
import type { CommandDependencies } from "../command.ts";
import { conclusion } from "./conclusion.ts";
import { measurePace, windowsWithin } from "./pace.ts";
import { type TrainOptions } from "./parse.ts";
import { planTrain, type TrainPlan } from "./plan.ts";
import { TokenGenerator } from "../../lib/llama/generation/token_generator.ts";
import { sampleToken } from "../../lib/llama/generation/sample_token.ts";
import { locateModel } from "../../lib/checkpoint/locate_model.ts";

/** Number of held-out samples that each window's loss is measured on. */
const HELD_OUT_SAMPLES = 32;
/** Length of the text sample at the end, tokens. */
const SAMPLE_TOKENS = 240;

/** Trains and prints a summary. */
export async function runTrain(
  options: TrainOptions,
  dependencies: CommandDependencies,
): Promise<number> {
  const { nowMs, openEngine, stopwatch, terminal } = dependencies;
  const { out } = options;
  const planned = await planTrain(options, dependencies.memoryBytes());
  for (const note of planned.notes) terminal.error(`note    ${note}\n`);
  await mkdir(out, { recursive: true });
  using _lock = lockDirectory(out);
  if (!planned.resumed && existsSync(join(out, "run.yaml"))) {
    throw new DirectoryInUseError(
      `Cannot use ${out}: another process has started a run there in the meantime`,
    );
  }
  const { device, threads } = planned.machine;
  const engine = await openEngine(device, threads);
  try {
    const plan = await paced(options, planned, engine, dependencies);
    if (!plan.resumed) await writeSettings(out, plan, engine);
    const progress = new RunProgress(terminal, options.quiet, stopwatch, {
      innerSteps: plan.definition.training.innerSteps,
      evaluatedSamples: evaluatedSamples(plan.definition, plan.machine.peers),
    });
    using _beat = dependencies.everySecond(() => progress.beat());
    const eventsPath = join(out, "events.jsonl");
    for (const event of readEvents(eventsPath)) progress.recall(event);
    using log = new EventLog(eventsPath, nowMs);
    const emit: Emit = (event) => {
      const line = log.write(event);
      progress.take(event);
      if (options.jsonLines) terminal.out(line + "\n");
    };
    await trainAndReport(options, plan, engine, { emit, progress }, dependencies);
    if (!options.jsonLines) terminal.out(conclusion(progress, out, dependencies.program));
  } finally {
    await engine.close();
  }
  return 0;
}

/** Plans a new run with as many windows as fit into the user's time. */
async function paced(
  options: TrainOptions,
  plan: TrainPlan,
  engine: Engine,
  { memoryBytes, stopwatch }: CommandDependencies,
): Promise<TrainPlan> {
  if (options.within === undefined || plan.resumed) return plan;
  const pace = await measurePace(engine, plan, stopwatch);
  const windows = windowsWithin(options.within, plan, pace, plan.windows);
  const again = await planTrain({ ...options, windows }, memoryBytes());
  const { microBatch, stepShape } = plan.machine;
  return { ...again, machine: { ...again.machine, microBatch, stepShape, windows } };
}

/** Writes the run's definition last: its presence marks the directory as a run. */
async function writeSettings(
  out: string,
  { config, corpus, definition, machine, parameters }: TrainPlan,
  { device }: Engine,
): Promise<void> {
  await writeShard(join(out, "tokens.npy"), corpus.tokens);
  await writeInitialState(out, config, parameters);
  await writeMachineSettings(join(out, "machine.json"), { ...machine, device });
  await replaceFile(join(out, "run.yaml"), [formatRunDefinition(definition)]);
}

/** Trains and writes the report, even if the run was stopped. */
async function trainAndReport(
  options: TrainOptions,
  plan: TrainPlan,
  engine: Engine,
  { emit, progress }: { emit: Emit; progress: RunProgress },
  dependencies: CommandDependencies,
): Promise<void> {
  const { out } = options;
  const writeReport = () => replaceFile(join(out, "report.html"), [reportHtml(progress.summary)]);
  emit(startedEvent(plan, engine));
  try {
    const state = await trainSwarm(out, plan, engine, { emit, progress }, dependencies);
    const digest = stateDigest(llamaParameters(plan.config), state.parameters);
    progress.stage("generating a sample", SAMPLE_TOKENS);
    const sample = await sampleText(engine, options, plan, progress, dependencies.signal);
    emit({ event: "finished", windows: state.window, digest, sample });
  } catch (cause) {
    progress.end();
    if (dependencies.signal.aborted) {
      emit({ event: "interrupted", window: progress.summary.now?.window ?? 0 });
    }
    // Report what stopped the run, not why its report then failed (a full disk, most likely both times).
    await writeReport().catch(() => {});
    throw cause;
  }
  progress.end();
  await writeReport();
}

function startedEvent(
  { config, corpus, definition, machine, windows }: TrainPlan,
  engine: Engine,
): SwarmEvent {
  return {
    event: "started",
    run: runId(definition),
    peers: machine.peers,
    windows,
    parameters: parameterCount(config),
    trainTokens: corpus.trainSamples * corpus.sequence,
    unigramEntropy: corpus.unigramEntropy(),
    device: engine.device,
    stepShape: machine.stepShape,
  };
}

async function trainSwarm(
  out: string,
  plan: TrainPlan,
  engine: Engine,
  { emit, progress }: { emit: Emit; progress: RunProgress },
  { signal, stopwatch }: CommandDependencies,
): Promise<ConsensusState> {
  const { config, definition, machine: { adversaries, microBatch, peers, stepShape } } = plan;
  const { batch, sequence, ...adamw } = definition.training;
  const trainer = await Trainer.open(engine, config, {
    batch: microBatch,
    sequence,
    accumulate: batch / microBatch,
    shape: stepShape,
    adamw,
  });
  const learner = new LlamaLearner(trainer, config);
  const lossModel = await LossModel.open(engine, config, evaluationShape(definition));
  const evaluator = new LlamaEvaluator(
    lossModel,
    plan.corpus,
    (count) => progress.advance(count),
  );
  const heldOut = plan.corpus.heldOut(HELD_OUT_SAMPLES);
  const state = await runLocalSwarm({
    directory: out,
    definition,
    peers,
    windows: plan.windows,
    adversaries: adversaries.map((kind) => ADVERSARIES[kind].create()),
    learner,
    evaluator,
    corpus: plan.corpus,
    initialParameters: plan.parameters,
    emit,
    stopwatch,
    signal,
    onWindow: async (state) => {
      const window = state.window - 1;
      const digest = stateDigest(learner.shapes, state.parameters);
      progress.stage("writing the checkpoint");
      await writeCheckpoint(out, plan, state, digest);
      emit({ event: "checkpoint", window, digest, path: join(out, "checkpoint") });
      progress.stage("measuring the held-out loss", heldOut.length);
      const losses = await evaluator.losses(state.parameters, heldOut);
      const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length;
      emit({ event: "held-out-loss", window, loss });
    },
  });
  await trainer.close();
  await lossModel.close();
  return state;
}

async function writeCheckpoint(
  out: string,
  { config, definition, tokenizer }: TrainPlan,
  { parameters, window }: ConsensusState,
  digest: string,
): Promise<void> {
  const directory = join(out, "checkpoint");
  await writeModelDirectory(
    directory,
    { config, parameters, tokenizerJson: tokenizer.json },
    tokenizer.endOfTextToken,
  );
  const facts = { run: runId(definition), windows: window, digest };
  await replaceFile(join(directory, "run.json"), [JSON.stringify(facts, null, 2) + "\n"]);
}

/** Generates a text with the model, prompted with the beginning of the held-out part. */
async function sampleText(
  engine: Engine,
  { out }: TrainOptions,
  { corpus, definition, tokenizer }: TrainPlan,
  progress: RunProgress,
  signal: AbortSignal,
): Promise<string> {
  const { config, tensors } = await locateModel(join(out, "checkpoint"));
  const start = corpus.heldOut(1)[0] * corpus.sequence;
  const { positionsMax } = config;
  const length = Math.min(32, corpus.sequence, Math.ceil(positionsMax / 2));
  const prompt = [...corpus.tokens.subarray(start, start + length)];
  const random = new SeededRandom(BigInt(definition.seed));
  const { vocabularySize } = tokenizer;
  const generator = new TokenGenerator(engine, { config, tensors, frugal: true });
  const generated = generator.generate([prompt], {
    tokensMax: Math.min(SAMPLE_TOKENS, positionsMax - prompt.length),
    isDone: (_, written) => written.at(-1) === tokenizer.endOfText,
    choose: (logits) => sampleToken(logits, { temperature: 0.8, vocabularySize, random }),
    onStep: () => {
      signal.throwIfAborted();
      progress.advance(1);
    },
  });
  const [ids] = await generated.catch((cause): number[][] => {
    // A state that computes NaN here is no worse than it was before: the run is done.
    if (cause instanceof NotFiniteError) return [[]];
    throw cause;
  }).finally(() => generator.close());
  const text = ids.at(-1) === tokenizer.endOfText ? ids.slice(0, -1) : ids;
  return tokenizer.decode([...prompt, ...text]);
}
