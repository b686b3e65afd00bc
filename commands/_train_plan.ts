import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LoadedModel, readModelDirectory } from "../lib/checkpoint/model_directory.ts";
import { Corpus } from "../lib/corpus/corpus.ts";
import { readTexts } from "../lib/corpus/read_texts.ts";
import { formatLlamaConfig, type LlamaConfig, parseLlamaConfig } from "../lib/llama/config.ts";
import { initialParameters } from "../lib/llama/initial_parameters.ts";
import { stepMemory } from "../lib/llama/memory_need.ts";
import { llamaParameters, parameterCount } from "../lib/llama/parameters.ts";
import { PRESETS } from "../lib/llama/presets.ts";
import type { ParameterValues } from "../lib/llama/trainer.ts";
import { SeededRandom } from "../lib/random/seeded_random.ts";
import type { ScheduleSettings } from "../lib/sparseloco/schedule.ts";
import { stateDigest } from "../lib/sparseloco/state_digest.ts";
import {
  checkRunDefinition,
  parseRunDefinition,
  type PartialRunDefinition,
  type RunDefinition,
  runId,
} from "../lib/swarm/run_definition.ts";
import { formatBytes, formatCount } from "../lib/terminal/format_quantity.ts";
import { nearest } from "../lib/terminal/nearest.ts";
import { byteTokenizer } from "../lib/tokenizer/byte_tokenizer.ts";
import { jsonTokenizer } from "../lib/tokenizer/json_tokenizer.ts";
import type { Tokenizer } from "../lib/tokenizer/tokenizer.ts";
import { RefusedRequestError } from "./command.ts";
import type { TrainOptions } from "./_train_options.ts";

/** Everything that `covey train` needs before it computes. */
export interface TrainPlan {
  /** What the peers share. */
  readonly definition: RunDefinition;
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Tokenizer of the text. */
  readonly tokenizer: Tokenizer;
  /** Parameters before the first window. */
  readonly parameters: ParameterValues;
  /** Sequences of one pass. */
  readonly microBatch: number;
  /** Which shape of the step fits into memory. */
  readonly stepShape: "whole" | "blocks";
  /** Peers of the swarm. */
  readonly peers: number;
  /** Windows to have done in the end. */
  readonly windows: number;
  /** Whether the directory holds the run already. */
  readonly resumed: boolean;
}

/** Text that is trained on when the user gives none. */
export const DEFAULT_TEXT: URL = new URL("../fixtures/text/shakespeare.txt", import.meta.url);

const DEFAULT_PEERS = 4;
const DEFAULT_WINDOWS = 12;
/** Vocabularies of presets are padded to a multiple of this, so that tables cut into full tiles. */
const VOCABULARY_MULTIPLE = 64;
/** Part of the free memory that a plan may count on. */
const MEMORY_FRACTION = 0.85;

/**
 * Turns options into a plan: reads texts, model and run definitions, fills in defaults, checks that the
 * model fits and that a directory in use holds the same run.
 *
 * @throws RefusedRequestError, UnusableTextError, CorruptFileError, RunDefinitionError, TokenizerError
 */
export async function planTrain(
  options: TrainOptions,
  memoryBytes: number,
): Promise<TrainPlan> {
  const stored = await readStored(options.out);
  const given = options.run ? parseRunDefinition(await readFile(options.run, "utf8")) : {};
  const source = options.from ? await readSource(options.from) : undefined;
  const tokenizer = await chooseTokenizer(options, source);
  const config = await chooseModel(options, given, stored, source, tokenizer);
  const peers = options.peers ?? (stored ? await storedPeers(options.out) : DEFAULT_PEERS);
  const windows = options.windows ?? DEFAULT_WINDOWS;
  const training = {
    innerSteps: pick(
      options.innerSteps,
      given.training?.innerSteps,
      stored?.training.innerSteps,
      20,
    ),
    batch: pick(options.batch, given.training?.batch, stored?.training.batch, 8),
    sequence: pick(options.sequence, given.training?.sequence, stored?.training.sequence, 128),
  };
  const fit = fitStep(config, training, options.microBatch, peers, memoryBytes);
  const texts = options.texts.length > 0
    ? options.texts
    : [decodeURIComponent(DEFAULT_TEXT.pathname)];
  const corpus = new Corpus(await readTexts(texts, tokenizer), training.sequence);
  const seed = pick(options.seed, given.seed, stored?.seed, 0);
  const parameters = source?.parameters ??
    initialParameters(config, new SeededRandom(BigInt(seed)));
  const defaults = defaultSettings(config, windows * training.innerSteps);
  const definition = checkRunDefinition({
    version: 1,
    seed,
    model: formatLlamaConfig(config),
    corpus: corpus.digest(),
    initialState: stateDigest(
      llamaParameters(config).map((spec) => ({ ...spec, data: parameters.get(spec.name)! })),
    ),
    training: { ...defaults.training, ...stored?.training, ...given.training, ...training },
    sparseloco: {
      ...defaults.sparseloco,
      ...stored?.sparseloco,
      ...given.sparseloco,
      ...(options.aggregation ? { aggregation: options.aggregation } : {}),
    },
    window: { ...defaults.window, ...stored?.window, ...given.window },
  });
  if (stored) refuseOtherRun(options.out, stored, definition);
  return {
    definition,
    config,
    corpus,
    tokenizer,
    parameters,
    ...fit,
    peers,
    windows,
    resumed: !!stored,
  };
}

function pick<Value>(...layers: [...(Value | undefined)[], Value]): Value {
  return layers.find((value) => value !== undefined)!;
}

/** Settings that suit a model; wider models want smaller steps (1.3e-4 at the width of a 72B model). */
function defaultSettings(config: LlamaConfig, steps: number) {
  const warmupSteps = Math.ceil(steps / 10);
  const schedule: ScheduleSettings = {
    peak: Number((3e-3 * (128 / config.hiddenSize) ** 0.75).toPrecision(3)),
    warmupSteps,
    cosineSteps: steps - warmupSteps,
    floorFraction: 0.1,
  };
  return {
    training: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1, schedule },
    sparseloco: {
      topk: 64,
      errorFeedbackDecay: 0.95,
      aggregation: "selected-mean",
      outerLearningRate: 1,
    },
    window: { blocks: 115, blockSeconds: 12, acceptanceSeconds: 70, digestSeconds: 30 },
  };
}

async function readStored(out: string): Promise<RunDefinition | undefined> {
  const path = join(out, "run.yaml");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw cause;
  }
  return checkRunDefinition(parseRunDefinition(text));
}

async function storedPeers(out: string): Promise<number> {
  const names = await readdir(join(out, "peers")).catch(() => []);
  return names.length || DEFAULT_PEERS;
}

/** A checkpoint directory, or the one inside the directory of a run. */
async function readSource(path: string): Promise<LoadedModel> {
  const names: string[] = await readdir(path);
  const inside = !names.includes("config.json") && names.includes("checkpoint");
  return await readModelDirectory(inside ? join(path, "checkpoint") : path);
}

async function chooseTokenizer(options: TrainOptions, source?: LoadedModel): Promise<Tokenizer> {
  if (options.tokenizer) return jsonTokenizer(await readFile(options.tokenizer, "utf8"));
  return source?.tokenizerJson ? jsonTokenizer(source.tokenizerJson) : byteTokenizer();
}

async function chooseModel(
  { model }: TrainOptions,
  given: PartialRunDefinition,
  stored: RunDefinition | undefined,
  source: LoadedModel | undefined,
  { endOfText, vocabularySize }: Tokenizer,
): Promise<LlamaConfig> {
  if (source && model) {
    throw new RefusedRequestError(
      `Cannot use --model ${model} and --from together: a checkpoint has its own shape`,
      "leave one of them out",
    );
  }
  if (!source && model && Object.hasOwn(PRESETS, model)) {
    const padded = Math.ceil(vocabularySize / VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE;
    return {
      ...PRESETS[model],
      vocabSize: padded,
      bosTokenId: undefined,
      eosTokenIds: [endOfText],
    };
  }
  const fallback = () =>
    chooseModel({ model: "tiny" } as TrainOptions, {}, undefined, undefined, {
      endOfText,
      vocabularySize,
    } as Tokenizer);
  const written = given.model ?? stored?.model;
  const config = source?.config ??
    (model ? await readConfig(model) : written ? parseLlamaConfig(written) : await fallback());
  if (config.vocabSize < vocabularySize) {
    throw new RefusedRequestError(
      `Cannot train model: its vocabulary has ${config.vocabSize} entries, want at least ${vocabularySize} for this tokenizer`,
      "use the tokenizer that belongs to the model, or set vocab_size",
    );
  }
  return config;
}

async function readConfig(path: string): Promise<LlamaConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const guess = nearest(path, Object.keys(PRESETS));
    throw new RefusedRequestError(
      `Cannot use model ${path}: ${(cause as Error).message}`,
      guess ? `did you mean ${guess}?` : `want ${Object.keys(PRESETS).join(", ")} or a config.json`,
    );
  }
  try {
    return parseLlamaConfig(JSON.parse(text));
  } catch (cause) {
    throw new RefusedRequestError(`${(cause as Error).message} (${path})`, "mend that file");
  }
}

/** Chooses the fastest shape of the step and the largest micro-batch that fit. */
function fitStep(
  config: LlamaConfig,
  { batch, sequence }: { batch: number; sequence: number },
  microBatch: number | undefined,
  peers: number,
  memoryBytes: number,
): { microBatch: number; stepShape: "whole" | "blocks" } {
  if (microBatch !== undefined && batch % microBatch !== 0) {
    throw new RefusedRequestError(
      `Cannot cut a batch of ${batch} sequences into micro-batches of ${microBatch}`,
      "choose a --micro-batch that divides --batch",
    );
  }
  // Parameters, moments, error feedback and pseudo-gradient of each peer stay in this process.
  const ofPeers = peers * 20 * parameterCount(config);
  const room = memoryBytes * MEMORY_FRACTION - ofPeers;
  const sizes = microBatch ? [microBatch] : divisorsDescending(batch);
  for (const stepShape of ["whole", "blocks"] as const) {
    for (const size of sizes) {
      if (stepMemory(config, { batch: size, sequence })[stepShape] <= room) {
        return { microBatch: size, stepShape };
      }
    }
  }
  const least = ofPeers + stepMemory(config, { batch: sizes.at(-1)!, sequence }).blocks;
  throw new RefusedRequestError(
    `Cannot train model of ${
      formatCount(parameterCount(config))
    } parameters: ${peers} peers need about ${formatBytes(least / MEMORY_FRACTION)} of memory, ${
      formatBytes(memoryBytes)
    } are free`,
    "choose a smaller --model, fewer --peers, or a smaller --micro-batch or --sequence",
  );
}

function divisorsDescending(batch: number): number[] {
  return Array.from({ length: Math.min(batch, 4096) }, (_, i) => i + 1)
    .filter((size) => batch % size === 0)
    .reverse();
}

function refuseOtherRun(out: string, stored: RunDefinition, wanted: RunDefinition): void {
  if (runId(stored) === runId(wanted)) return;
  const [key, there, here] = firstDifference(stored, wanted, "")!;
  throw new RefusedRequestError(
    `Cannot resume run in ${out}: ${key} is ${JSON.stringify(there)} there, asked for ${
      JSON.stringify(here)
    }`,
    "choose another --out for a new run, or the options of the old one",
  );
}

function firstDifference(
  a: unknown,
  b: unknown,
  path: string,
): [string, unknown, unknown] | undefined {
  const both = [a, b] as Record<string, unknown>[];
  if (both.some((value) => typeof value !== "object" || value === null)) {
    return a === b ? undefined : [path, a, b];
  }
  const keys = new Set(both.flatMap((value) => Object.keys(value)));
  for (const key of keys) {
    const found = firstDifference(both[0][key], both[1][key], path ? `${path}.${key}` : key);
    if (found) return found;
  }
  return undefined;
}
