import type { GauntletPolicy } from "../../lib/gauntlet/policy.ts";
import type { AggregationMode } from "../../lib/sparseloco/aggregate.ts";
import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";
import type { DeviceName } from "../../lib/engine/devices.ts";

/** Options of `covey train`; undefined if not given. */
export interface TrainOptions {
  /** Text files or token shards. */
  texts: string[];
  /** Number of peers. */
  peers?: number;
  /** Total number of windows. */
  windows?: number;
  /** Time into which the windows must fit, seconds. */
  within?: number;
  /** Inner steps per window. */
  innerSteps?: number;
  /** Preset, or path of a `config.json`. */
  model?: string;
  /** Checkpoint or run directory to start from. */
  from?: string;
  /** Run definition. */
  run?: string;
  /** Directory of the run. */
  out: string;
  /** Device. */
  device: "auto" | DeviceName;
  /** Threads per operator; 0 lets the runtime choose. */
  threads?: number;
  /** Seed of the initial parameters. */
  seed?: number;
  /** Path of a `tokenizer.json`. */
  tokenizer?: string;
  /** Sequences per micro-batch. */
  microBatch?: number;
  /** Sequences per inner step. */
  batch?: number;
  /** Tokens per sequence. */
  sequence?: number;
  /** Aggregation mode. */
  aggregation?: AggregationMode;
  /** Scoring policy. */
  policy?: GauntletPolicy["name"];
  /** Kinds of adversaries, one for each of the last peers. */
  adversaries?: string[];
  /** Whether to write events to standard output. */
  jsonLines: boolean;
  /** Whether to suppress progress output. */
  quiet: boolean;
}

/**
 * Parses the arguments of `covey train`.
 *
 * @throws UsageError for arguments not understood, with the nearest name; also carries the help text.
 */
export function parseTrainOptions(
  args: string[],
  environment: Record<string, string>,
): TrainOptions {
  const { args: texts, options } = parseArguments("train", args, environment);
  if (options.within !== undefined && options.windows !== undefined) {
    throw new UsageError("--within chooses the number of windows: give it or --windows, not both");
  }
  return { ...(options as Omit<TrainOptions, "texts">), texts };
}
