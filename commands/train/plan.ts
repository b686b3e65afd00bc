import { InputError } from "../../lib/input/input_error.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModelDirectory } from "../../lib/checkpoint/model_directory.ts";
import { readTextIfAny } from "../../lib/file/read_text_if_any.ts";
import { Corpus } from "../../lib/corpus/corpus.ts";
import { readTexts } from "../../lib/corpus/read_texts.ts";
import { type GauntletPolicy, POLICIES } from "../../lib/gauntlet/policy.ts";
import { formatLlamaConfig } from "../../lib/llama/model/format_llama_config.ts";
import type { LlamaConfig } from "../../lib/llama/model/llama_config.ts";
import { initialParameters } from "../../lib/llama/model/initial_parameters.ts";
import { llamaParameters } from "../../lib/llama/model/parameters.ts";
import type { ParameterValues } from "../../lib/tensor/parameter_values.ts";
import { SeededRandom } from "../../lib/random/seeded_random.ts";
import { type DefaultSettings, defaultSettings } from "../../lib/swarm/default_settings.ts";
import {
  type MachineSettings,
  readMachineSettings,
} from "../../lib/node/local/machine_settings.ts";
import { stateDigest } from "../../lib/sparseloco/state_digest.ts";
import {
  checkRunDefinition,
  parseRunDefinition,
  type PartialRunDefinition,
  type RunDefinition,
  runId,
} from "../../lib/swarm/run_definition.ts";
import type { Tokenizer } from "../../lib/tokenizer/tokenizer.ts";
import { RefusedRequestError } from "../command.ts";
import { fitStep } from "./fit_step.ts";
import { checkpointDirectory, chooseModel, chooseTokenizer, readGiven } from "./choose_model.ts";
import type { TrainOptions } from "./parse.ts";

/** Inputs of `covey train`, complete before any computation. */
export interface TrainPlan {
  /** Definition shared by all peers. */
  readonly definition: RunDefinition;
  /** Shape of the model. */
  readonly config: LlamaConfig;
  /** Text of the run. */
  readonly corpus: Corpus;
  /** Tokenizer of the text. */
  readonly tokenizer: Tokenizer;
  /** Parameters before the first window. */
  readonly parameters: ParameterValues;
  /** Settings of this machine; the device may not be chosen yet. */
  readonly machine: Omit<MachineSettings, "device"> & {
    device: MachineSettings["device"] | "auto";
  };
  /** Total number of windows. */
  readonly windows: number;
  /** Contradictions in the checkpoint that the run starts from, and the values used. */
  readonly notes: readonly string[];
  /** Whether the directory already holds the run. */
  readonly resumed: boolean;
}

/** Training text when the user gives none. */
export const DEFAULT_TEXT: URL = new URL("../../assets/shakespeare.txt", import.meta.url);

const DEFAULT_PEERS = 4;
const DEFAULT_WINDOWS = 12;

/**
 * Builds a plan from options: reads texts, model and run definitions, fills in defaults, and checks that
 * the model fits and that a directory in use holds the same run.
 *
 * @throws RefusedRequestError, UnusableTextError, CorruptFileError, RunDefinitionError, TokenizerError
 */
export async function planTrain(
  options: TrainOptions,
  memoryBytes: number,
): Promise<TrainPlan> {
  const stored = await readStored(options.out);
  const begun = stored && await readMachineSettings(join(options.out, "machine.json"));
  const given = options.run ? parseRunDefinition(await readGiven(options.run), options.run) : {};
  const from = options.from && await checkpointDirectory(options.from);
  const tokenizer = await chooseTokenizer(options, from);
  const { config, notes } = await chooseModel(options, given, stored, from, tokenizer);
  const training = {
    innerSteps: options.innerSteps ?? given.training?.innerSteps ?? stored?.training.innerSteps ??
      20,
    batch: options.batch ?? given.training?.batch ?? stored?.training.batch ?? 8,
    sequence: options.sequence ?? given.training?.sequence ?? stored?.training.sequence ?? 128,
  };
  refuseLongSequence(training.sequence, config);
  const machine = chooseMachine(options, begun, config, training, memoryBytes);
  const windows = options.windows ?? (options.within && begun?.windows) ?? DEFAULT_WINDOWS;
  const corpus = await readCorpus(options.texts, tokenizer, training.sequence);
  const seed = options.seed ?? given.seed ?? stored?.seed ?? 0;
  const parameters = from
    ? (await readModelDirectory(from)).parameters
    : initialParameters(config, new SeededRandom(BigInt(seed)));
  const facts = {
    corpus: corpus.digest(),
    initialState: stateDigest(llamaParameters(config), parameters),
  };
  refuseOtherFacts(given, facts);
  const defaults = defaultSettings(config, windows * training.innerSteps);
  const chosen = { ...facts, seed, model: formatLlamaConfig(config), training };
  const definition = defineRun(options, defaults, stored, given, chosen);
  if (stored) refuseOtherRun(options.out, stored, definition);
  const resumed = stored !== undefined;
  return { definition, config, corpus, tokenizer, parameters, machine, windows, notes, resumed };
}

/** Chooses the settings of this machine; those that a resumed run was started with are its defaults. */
function chooseMachine(
  options: TrainOptions,
  begun: MachineSettings | undefined,
  config: LlamaConfig,
  training: { readonly batch: number; readonly sequence: number },
  memoryBytes: number,
): TrainPlan["machine"] {
  if (begun && options.peers !== undefined && options.peers !== begun.peers) {
    throw new RefusedRequestError(
      `Cannot resume run in ${options.out}: it has ${begun.peers} peers, asked for ${options.peers}`,
      "choose another --out for a new run, or omit --peers",
    );
  }
  const peers = options.peers ?? begun?.peers ?? DEFAULT_PEERS;
  const adversaries = options.adversaries ?? begun?.adversaries ?? [];
  refuseAdversaries(options.out, peers, adversaries, begun);
  const fixed = {
    microBatch: options.microBatch ?? begun?.microBatch,
    stepShape: begun?.stepShape,
  };
  return {
    peers,
    adversaries,
    ...fitStep(config, training, fixed, peers, memoryBytes),
    device: options.device === "auto" && begun ? begun.device : options.device,
    threads: options.threads ?? begun?.threads ?? 0,
    ...(begun?.windows === undefined ? {} : { windows: begun.windows }),
  };
}

/** Merges a run's definition, by precedence: chosen values, given file, stored run, defaults. */
function defineRun(
  options: TrainOptions,
  defaults: DefaultSettings,
  stored: RunDefinition | undefined,
  given: PartialRunDefinition,
  chosen:
    & Pick<RunDefinition, "corpus" | "initialState" | "model" | "seed">
    & { readonly training: Pick<RunDefinition["training"], "batch" | "innerSteps" | "sequence"> },
): RunDefinition {
  const aggregation = options.aggregation && { aggregation: options.aggregation };
  return checkRunDefinition({
    version: 2,
    ...chosen,
    training: {
      ...defaults.training,
      ...stored?.training,
      ...given.training,
      ...chosen.training,
      schedule: {
        ...(stored?.training.schedule ?? defaults.training.schedule),
        ...given.training?.schedule,
      },
    },
    sparseloco: {
      ...defaults.sparseloco,
      ...stored?.sparseloco,
      ...given.sparseloco,
      ...aggregation,
    },
    gauntlet: choosePolicy(options.policy, given.gauntlet, stored?.gauntlet),
    window: { ...defaults.window, ...stored?.window, ...given.window },
  });
}

/** Returns the policy by name or the run's, with the parts that the file gives. */
function choosePolicy(
  name: GauntletPolicy["name"] | undefined,
  given: PartialRunDefinition["gauntlet"] = {},
  stored: GauntletPolicy | undefined,
): GauntletPolicy {
  if (name !== undefined && given.name !== undefined && name !== given.name) {
    throw new RefusedRequestError(
      `Cannot use --policy ${name}: the run definition has gauntlet.name ${given.name}`,
      "remove gauntlet from the file, or omit --policy",
    );
  }
  const named = name ?? given.name;
  const base = named === undefined ? stored ?? POLICIES.templar : POLICIES[named];
  const groups = Object.entries(base).map(([key, group]) => {
    const part = given[key as keyof GauntletPolicy];
    return [key, typeof group === "object" ? { ...group, ...part as object } : group];
  });
  return Object.fromEntries(groups);
}

function refuseAdversaries(
  out: string,
  peers: number,
  adversaries: readonly string[],
  begun: MachineSettings | undefined,
): void {
  if (adversaries.length >= peers) {
    throw new RefusedRequestError(
      `Cannot train with ${adversaries.length} adversaries among ${peers} peers: none is honest`,
      "choose more --peers, or fewer --adversaries",
    );
  }
  if (begun && adversaries.join() !== begun.adversaries.join()) {
    throw new RefusedRequestError(
      `Cannot resume run in ${out}: its adversaries are ${begun.adversaries.join() || "none"}`,
      "choose another --out for a new run, or omit --adversaries",
    );
  }
}

async function readCorpus(
  texts: string[],
  tokenizer: Tokenizer,
  sequence: number,
): Promise<Corpus> {
  const paths = texts.length > 0 ? texts : [fileURLToPath(DEFAULT_TEXT)];
  const tokens = await readTexts(paths, tokenizer);
  try {
    return new Corpus(tokens, sequence);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new RefusedRequestError(cause.message, "lower --sequence or add text");
  }
}

function refuseLongSequence(sequence: number, { positionsMax }: LlamaConfig): void {
  if (sequence <= positionsMax) return;
  throw new RefusedRequestError(
    `Cannot train on sequences of ${sequence} tokens: the model has ${positionsMax} positions`,
    "choose a shorter --sequence, or a larger max_position_embeddings",
  );
}

/** Rejects a corpus or initial state other than the one that the given definition names. */
function refuseOtherFacts(
  given: PartialRunDefinition,
  facts: Pick<RunDefinition, "corpus" | "initialState">,
): void {
  for (const key of ["corpus", "initialState"] as const) {
    if (given[key] === undefined || given[key] === facts[key]) continue;
    throw new RefusedRequestError(
      `Cannot join run: its ${key} is ${given[key]}, yours is ${facts[key]}`,
      "give the same text, tokenizer, seed and --from as that run, or remove the key from the file",
    );
  }
}

async function readStored(out: string): Promise<RunDefinition | undefined> {
  const path = join(out, "run.yaml");
  const text = await readTextIfAny(path);
  if (text !== undefined) return checkRunDefinition(parseRunDefinition(text, path), path);
  if (existsSync(join(out, "ledger.sqlite"))) {
    throw new RefusedRequestError(
      `Cannot train in ${out}: it holds parts of a run but no run.yaml`,
      "choose another --out, or restore that file",
    );
  }
  return undefined;
}

function refuseOtherRun(out: string, stored: RunDefinition, wanted: RunDefinition): void {
  if (runId(stored) === runId(wanted)) return;
  const [key, there, here] = firstDifference(stored, wanted, "")!;
  throw new RefusedRequestError(
    `Cannot resume run in ${out}: ${key} is ${JSON.stringify(there)} in the run, asked for ${
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
