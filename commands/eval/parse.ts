import { join, resolve } from "node:path";
import type { BosPolicy } from "../../lib/evaluation/request_encoder.ts";
import { type HubSettings, hubSettings } from "../../lib/hub/hub_settings.ts";
import { evalParser } from "./parser.ts";
import { harnessArguments } from "./harness_arguments.ts";
import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";
import type { DeviceName } from "../../lib/engine/devices.ts";

/** Options of `covey eval`; undefined where the user said nothing. */
export interface EvalOptions {
  /** Directory, run, or Hugging Face id. */
  model: string;
  /** Names of tasks and groups. */
  tasks: string[];
  /** Name of a suite. */
  suite?: string;
  /** Files whose perplexity is asked for. */
  text: string[];
  /** Examples before each question. */
  numFewshot?: number;
  /** Documents evaluated per task; below 1 a fraction. */
  limit?: number;
  /** Directory of documents. */
  dataDir?: string;
  /** Directory of further tasks. */
  includePath?: string;
  /** Directory of result files, or one file that ends in `.json`. */
  outputPath?: string;
  /** Directory to fetch documents into. */
  prefetch?: string;
  /** Seed of the examples. */
  seed?: number;
  /** Text before everything. */
  systemInstruction?: string;
  /** Whether questions are turns of a chat, written by the model's template. */
  applyChatTemplate: boolean;
  /** Name of that template; also asks for it. */
  chatTemplate?: string;
  /** Whether examples are turns of their own. */
  fewshotAsMultiturn?: boolean;
  /** Places of the documents to score, by task; all of the others. */
  samples?: Record<string, number[]>;
  /** Longest written answer, tokens. */
  maxGenToks?: number;
  /** Resamples. */
  bootstrapIters?: number;
  /** Revision of a model on the hub. */
  revision?: string;
  /** Never use the network. */
  offline: boolean;
  /** Values that replace those of `config.json`. */
  override: Record<string, unknown>;
  /** Path of a `tokenizer.json`. */
  tokenizer?: string;
  /** Whether texts begin with the first token. */
  addBos: BosPolicy;
  /** Whether the user believes the model's own code, which is not run all the same. */
  trustRemoteCode?: boolean;
  /** Longest input, tokens. */
  maxLength?: number;
  /** Device. */
  device: DeviceName | "auto";
  /** Threads of one operator; 0 lets the runtime choose. */
  threads?: number;
  /** Tokens of one pass. */
  batchTokens?: number;
  /** Decoder blocks in memory at once. */
  blocks?: number;
  /** Whether the choices of a question share a pass. */
  pack: boolean;
  /** Whether answers are remembered. */
  cache: boolean;
  /** Write one JSON document. */
  json: boolean;
  /** Show no progress. */
  quiet: boolean;
  /** Directory of remembered answers. */
  cacheDirectory: string;
  /** How the hub is reached. */
  hub: HubSettings;
}

/**
 * Reads the arguments of `covey eval`.
 *
 * @throws UsageError for whatever is not understood, with the nearest name; also carries the help text.
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
    hub: hubSettings(environment),
  };
  if (options.chatTemplate !== undefined) options.applyChatTemplate = true;
  // A variable may say it for all runs; a command line that says it means this one.
  if (
    own.includes("--fewshot-as-multiturn") && options.fewshotAsMultiturn &&
    !options.applyChatTemplate
  ) {
    throw new UsageError("--fewshot-as-multiturn wants --apply-chat-template");
  }
  const logsSamples = args.some((arg) => /^(-s|--log[-_]samples)$/.test(arg));
  if (logsSamples && options.outputPath === undefined) {
    throw new UsageError("--log_samples wants --output-path");
  }
  if (options.samples !== undefined && options.limit !== undefined) {
    throw new UsageError("--samples and --limit both choose documents, want one of them");
  }
  checkEndpoint(options.hub.endpoint);
  if (options.model === "") throw new UsageError("MODEL is empty, want a directory or an id");
  if (options.prefetch !== undefined && options.tasks.length === 0 && !options.suite) {
    throw new UsageError("--prefetch wants --tasks or --suite");
  }
  const { dataDir, prefetch } = options;
  if (dataDir !== undefined && prefetch !== undefined && resolve(dataDir) === resolve(prefetch)) {
    throw new UsageError("--prefetch and --data-dir are the same directory, want two");
  }
  return options;
}

function checkEndpoint(endpoint: string): void {
  if (/^[^/]*\/\/[^/?#]*@/.test(endpoint)) {
    throw new UsageError(
      "variable HF_ENDPOINT holds the name or password of a user, want an address alone and a token in HF_TOKEN",
    );
  }
  if (/^https?:\/\/[^/@?#]+(\/[^?#]*)?$/.test(endpoint)) return;
  throw new UsageError(
    `variable HF_ENDPOINT is "${endpoint}", want an address such as https://host`,
  );
}
