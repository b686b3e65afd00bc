import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ADVERSARIES } from "../lib/adversary/adversaries.ts";
import { type GauntletPolicy, POLICIES } from "../lib/gauntlet/policy.ts";
import type { AggregationMode } from "../lib/sparseloco/aggregate.ts";
import { nearest } from "../lib/terminal/nearest.ts";
import { UsageError } from "./command.ts";

/** Options of `covey train`; undefined where the user said nothing. */
export interface TrainOptions {
  /** Text files or token shards. */
  texts: string[];
  /** Peers of the swarm. */
  peers?: number;
  /** Windows to have done in the end. */
  windows?: number;
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
  device: "auto" | "cpu" | "webgpu" | "cuda";
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
 * Reads the arguments of `covey train`. Variables named `COVEY_` and an option's name stand in for options
 * that are not given.
 *
 * @throws UsageError for whatever is not understood, with the nearest name; also carries the help text.
 */
export function parseTrainOptions(
  args: string[],
  environment: Record<string, string>,
): TrainOptions {
  const command = trainParser();
  let text = "";
  command.exitOverride().configureOutput({
    writeOut: (part) => text += part,
    writeErr: (part) => text += part,
  });
  try {
    command.parse([...environmentArguments(command, environment), ...args], { from: "user" });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    if (cause.exitCode === 0) throw new UsageError(text.trimEnd(), 0);
    throw new UsageError(text.trim().replace(/^error: /, "").replace("\n(", " ("));
  }
  return { ...command.opts<Omit<TrainOptions, "texts">>(), texts: command.args };
}

function trainParser(): Command {
  const count = (max: number, min = 1) => (text: string) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Want a whole number from ${min} to ${max}.`);
    }
    return value;
  };
  const path = (text: string) => {
    if (text === "") throw new InvalidArgumentError("Want a path.");
    return text;
  };
  return new Command("covey train")
    .description(
      "Train a language model with a swarm of peers on this machine: inner AdamW steps, compressed signed submissions in buckets, one exact outer step.",
    )
    .argument(
      "[TEXT...]",
      'UTF-8 files, .jsonl with a "text" a line, or .npy token shards (default: a text that comes with covey)',
    )
    .option("--peers <N>", "peers of the swarm (default: 4)", count(256))
    .option("--windows <N>", "windows to have done in the end (default: 12)", count(1_000_000))
    .option(
      "--inner-steps <H>",
      "AdamW steps a peer takes in a window (default: 20)",
      count(1_000_000),
    )
    .option(
      "--model <NAME|FILE>",
      "tiny, small, 150m, 1b, 8b, covenant-72b, or a config.json (default: tiny)",
    )
    .option("--from <DIR>", "start from a checkpoint or from another run")
    .option("--run <FILE>", "run.yaml with the settings that have no option here")
    .option("--out <DIR>", "directory of the run; one that exists is resumed", path, "covey-run")
    .addOption(
      new Option("--device <NAME>", "where to compute; auto measures which is fastest")
        .choices(["auto", "cpu", "webgpu", "cuda"]).default("auto"),
    )
    .option("--threads <N>", "CPU threads, 0 for one a core (default: 0)", count(1024, 0))
    .option("--seed <N>", "seed of fresh parameters (default: 0)", count(2 ** 32 - 1, 0))
    .option("--tokenizer <FILE>", "tokenizer.json (default: bytes)")
    .option(
      "--micro-batch <N>",
      "sequences of one pass (default: what fits, at most --batch)",
      count(1_000_000),
    )
    .option("--batch <N>", "sequences of an inner step (default: 8)", count(1_000_000))
    .option("--sequence <N>", "tokens of a sequence (default: 128)", count(1_000_000, 2))
    .addOption(
      new Option("--aggregation <MODE>", "how submissions are averaged (default: selected-mean)")
        .choices(["selected-mean", "peer-mean"]),
    )
    .addOption(policyOption("how peers are scored (default: templar)"))
    .option("--adversaries <KIND[:N],...>", "the last peers misbehave; see below", parseAdversaries)
    .option("--json-lines", "write every event to standard output as a line of JSON", false)
    .option("--quiet", "show no progress", false)
    .helpOption("-h, --help", "show this text")
    .addHelpText(
      "after",
      `
${helpText()}`,
    );
}

function helpText(): string {
  return `Files: DIR/run.yaml, tokens.npy, initial.safetensors, events.jsonl, ledger.sqlite, buckets/, peers/, validators/, checkpoint/ (opens in Hugging Face tools), report.html. covey validate DIR explains the scores.
Kinds of adversaries:
${adversaryList()}
Every option can be set by a variable, such as COVEY_INNER_STEPS.
Exit status: 0 done, 1 failed, 2 usage, 4 permission, 6 bad data, 7 no disk space, 130 interrupted.`;
}

function policyOption(text: string): Option {
  return new Option("--policy <NAME>", text).choices(Object.keys(POLICIES));
}

/** Kinds by name and number: `zero,sign-flip:2`. */
function parseAdversaries(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const [kind, number = "1"] = part.trim().split(":");
    if (!Object.hasOwn(ADVERSARIES, kind)) {
      const guess = nearest(kind, Object.keys(ADVERSARIES));
      throw new InvalidArgumentError(
        `There is no kind "${kind}"${guess ? `; did you mean ${guess}?` : "; --help lists them."}`,
      );
    }
    if (!/^[1-9]\d{0,2}$/.test(number)) {
      throw new InvalidArgumentError(`Want a whole number of peers, not "${number}".`);
    }
    return new Array<string>(Number(number)).fill(kind);
  });
}

function adversaryList(): string {
  return Object.entries(ADVERSARIES)
    .map(([kind, { summary }]) => `  ${kind.padEnd(14)}${summary}`).join("\n");
}

/** Variables as the arguments that they stand for, to be put before the real ones. */
function environmentArguments(command: Command, environment: Record<string, string>): string[] {
  const names = new Map(
    command.options.map((option) => [
      `COVEY_${option.long!.slice(2).toUpperCase().replaceAll("-", "_")}`,
      option,
    ]),
  );
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!name.startsWith("COVEY_")) return [];
    const option = names.get(name);
    if (!option) {
      const guess = nearest(name, [...names.keys()]);
      throw new UsageError(`unknown variable ${name}${guess ? ` (Did you mean ${guess}?)` : ""}`);
    }
    if (option.required) return [option.long!, value];
    if (/^(1|true|yes)$/i.test(value)) return [option.long!];
    if (/^(0|false|no|)$/i.test(value)) return [];
    throw new UsageError(`variable ${name} is "${value}", want 1 or 0`);
  });
}
