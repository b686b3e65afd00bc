import type { GauntletPolicy } from "../../lib/gauntlet/policy.ts";
import type { AggregationMode } from "../../lib/sparseloco/aggregate.ts";
import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";
import type { DeviceName } from "../../lib/engine/devices.ts";

/** Options of `covey train`; undefined where the user said nothing. */
export interface TrainOptions {
  /** Text files or token shards. */
  texts: string[];
  /** Peers of the swarm. */
  peers?: number;
  /** Total number of windows. */
  windows?: number;
  /** Time that the windows have to fit into, seconds. */
  within?: number;
  /** Inner steps of a window. */
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
  /** Threads of one operator; 0 lets the runtime choose. */
  threads?: number;
  /** Seed of fresh parameters. */
  seed?: number;
  /** Path of a `tokenizer.json`. */
  tokenizer?: string;
  /** Sequences of one pass. */
  microBatch?: number;
  /** Sequences of an inner step. */
  batch?: number;
  /** Tokens of a sequence. */
  sequence?: number;
  /** Aggregation mode. */
  aggregation?: AggregationMode;
  /** Scoring policy. */
  policy?: GauntletPolicy["name"];
  /** Kinds of the peers that misbehave, one for each of the last peers. */
  adversaries?: string[];
  /** Write events to standard output. */
  jsonLines: boolean;
  /** Show no progress. */
  quiet: boolean;
}

/**
 * Reads the arguments of `covey train`.
 *
 * @throws UsageError for whatever is not understood, with the nearest name; also carries the help text.
 */
export function parseTrainOptions(
  args: string[],
  environment: Record<string, string>,
): TrainOptions {
  const { args: texts, options } = parseArguments("train", args, environment);
  if (options.within !== undefined && options.windows !== undefined) {
    throw new UsageError("--within chooses the number of windows, want it or --windows");
  }
  return { ...(options as Omit<TrainOptions, "texts">), texts };
}
