import { join, resolve } from "node:path";
import type { BosPolicy } from "../../lib/evaluation/request_encoder.ts";
import type { HubSettings } from "../../lib/hub/hub_settings.ts";
import { hubFrom } from "../hub/hub_from.ts";
import { evalParser } from "./parser.ts";
import { harnessArguments } from "./harness_arguments.ts";
import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";
import type { DeviceName } from "../../lib/engine/devices.ts";

/** Options of `covey eval`; undefined if not given. */
export interface EvalOptions {
  /** Directory, run, or Hugging Face id. */
  model: string;
  /** Names of tasks and groups. */
  tasks: string[];
  /** Name of a suite. */
  suite?: string;
  /** Files to compute the perplexity of. */
  text: string[];
  /** Few-shot examples per question. */
  numFewshot?: number;
  /** Documents evaluated per task; below 1 a fraction. */
  limit?: number;
  /** Directory of documents. */
  dataDir?: string;
  /** Directory of additional tasks. */
  includePath?: string;
  /** Directory of result files, or one file that ends in `.json`. */
  outputPath?: string;
  /** Directory to fetch documents into. */
  prefetch?: string;
  /** Few-shot seed. */
  seed?: number;
  /** System prompt. */
  systemInstruction?: string;
  /** Whether questions are turns of a chat, formatted with the model's template. */
  applyChatTemplate: boolean;
  /** Name of that template; implies `applyChatTemplate`. */
  chatTemplate?: string;
  /** Whether few-shot examples are separate turns. */
  fewshotAsMultiturn?: boolean;
  /** Indices of the documents to score, by task; for all other tasks, every document. */
  samples?: Record<string, number[]>;
  /** Maximum length of a generated answer, tokens. */
  maxGenToks?: number;
  /** Number of bootstrap resamples. */
  bootstrapIters?: number;
  /** Revision of a model on the hub. */
  revision?: string;
  /** Whether to never use the network. */
  offline: boolean;
  /** Values that replace those of `config.json`. */
  override: Record<string, unknown>;
  /** Path of a `tokenizer.json`. */
  tokenizer?: string;
  /** Whether texts begin with BOS. */
  addBos: BosPolicy;
  /** Whether the user trusts the model's remote code, which is not run in any case. */
  trustRemoteCode?: boolean;
  /** Maximum input length, tokens. */
  maxLength?: number;
  /** Device. */
  device: DeviceName | "auto";
  /** Threads per operator; 0 lets the runtime choose. */
  threads?: number;
  /** Tokens per batch. */
  batchTokens?: number;
  /** Decoder blocks in memory at once. */
  blocks?: number;
  /** Whether the choices of a question share a pass. */
  pack: boolean;
  /** Whether answers are cached. */
  cache: boolean;
  /** Whether to write one JSON document. */
  json: boolean;
  /** Whether to suppress progress output. */
  quiet: boolean;
  /** Directory of the response cache. */
  cacheDirectory: string;
  /** Connection settings of the hub. */
  hub: HubSettings;
}

/**
 * Parses the arguments of `covey eval`.
 *
 * @throws UsageError for arguments not understood, with the nearest name; also carries the help text.
 */
export function parseEvalOptions(
  args: string[],
  environment: Record<string, string>,
): EvalOptions {
  const withValue = evalParser().options.filter(({ required }) => required);
  const own = harnessArguments(args, new Set(withValue.map(({ long }) => long!)));
  const parsed = parseArguments("eval", own, environment);
  const home = environment.HOME ?? environment.USERPROFILE ?? ".";
  const options: EvalOptions = {
    tasks: [],
    text: [],
    override: {},
    ...(parsed.options as
      & Omit<EvalOptions, "cacheDirectory" | "hub" | "model" | "override" | "tasks" | "text">
      & Partial<Pick<EvalOptions, "override" | "tasks" | "text">>),
    model: String(parsed.processedArgs[0]),
    cacheDirectory: join(environment.XDG_CACHE_HOME ?? join(home, ".cache"), "covey"),
    hub: hubFrom(environment),
  };
  if (options.chatTemplate !== undefined) options.applyChatTemplate = true;
  // A variable may set it for all runs; the command line sets it for this one.
  if (
    own.includes("--fewshot-as-multiturn") && options.fewshotAsMultiturn &&
    !options.applyChatTemplate
  ) {
    throw new UsageError("--fewshot-as-multiturn requires --apply-chat-template");
  }
  const logsSamples = args.some((arg) => /^(-s|--log[-_]samples)$/.test(arg));
  if (logsSamples && options.outputPath === undefined) {
    throw new UsageError("--log_samples requires --output-path");
  }
  if (options.samples !== undefined && options.limit !== undefined) {
    throw new UsageError("--samples and --limit both choose documents, want one of them");
  }
  if (options.model === "") throw new UsageError("MODEL is empty, want a directory or an id");
  if (options.prefetch !== undefined && options.tasks.length === 0 && !options.suite) {
    throw new UsageError("--prefetch requires --tasks or --suite");
  }
  const { dataDir, prefetch } = options;
  if (dataDir !== undefined && prefetch !== undefined && resolve(dataDir) === resolve(prefetch)) {
    throw new UsageError("--prefetch and --data-dir are the same directory, want different ones");
  }
  return options;
}
