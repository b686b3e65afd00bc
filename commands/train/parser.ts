import { deviceOption, quietOption, threadsOption } from "../arguments/common_options.ts";
import { Command, InvalidArgumentError, Option } from "commander";
import { ADVERSARIES } from "../../lib/adversary/adversaries.ts";
import { POLICIES } from "../../lib/gauntlet/policy.ts";
import { nearest } from "../../lib/terminal/nearest.ts";
import { count, path } from "../arguments/option_values.ts";

/** Returns the argument parser of `covey train`. */
export function trainParser(): Command {
  return new Command("covey train")
    .description(
      "Train a language model with a swarm of peers on this machine: inner AdamW steps, compressed and signed submissions in buckets, one bit-exact outer step.",
    )
    .argument(
      "[TEXT...]",
      'UTF-8 files, .jsonl with a "text" per line, or .npy token shards (default: a text shipped with covey)',
    )
    .option("--peers <N>", "number of peers (default: 4)", count(256))
    .option(
      "--windows <N>",
      "total number of windows; raise it to extend a finished run (default: 12)",
      count(1_000_000),
    )
    .option(
      "--within <SECONDS>",
      "run as many windows as fit into this time, at most the default; a resumed run keeps its number",
      count(1_000_000),
    )
    .option(
      "--inner-steps <H>",
      "AdamW steps per peer and window (default: 20)",
      count(1_000_000),
    )
    .option(
      "--model <NAME|FILE>",
      "tiny, small, 150m, 1b, 8b, covenant-72b, or a config.json (default: tiny)",
    )
    .option("--from <DIR>", "start from the parameters of a checkpoint or run")
    .option("--run <FILE>", "run.yaml, for settings without an option")
    .option("--out <DIR>", "directory of the run; an existing run is resumed", path, "covey-run")
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--seed <N>", "seed of the initial parameters (default: 0)", count(2 ** 32 - 1, 0))
    .option("--tokenizer <FILE>", "tokenizer.json (default: bytes)")
    .option(
      "--micro-batch <N>",
      "micro-batch: sequences per forward pass (default: what fits)",
      count(1_000_000),
    )
    .option("--batch <N>", "sequences per inner step (default: 8)", count(1_000_000))
    .option("--sequence <N>", "tokens per sequence (default: 128)", count(1_000_000, 2))
    .addOption(
      new Option("--aggregation <MODE>", "how submissions are averaged (default: selected-mean)")
        .choices(["selected-mean", "peer-mean"]),
    )
    .addOption(
      new Option("--policy <NAME>", "scoring policy (default: templar)")
        .choices(Object.keys(POLICIES)),
    )
    .option(
      "--adversaries <KIND[:N],...>",
      "make the last peers misbehave; kinds are listed below",
      parseAdversaries,
    )
    .option("--json-lines", "write every event to stdout as a JSON line", false)
    .addOption(quietOption())
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
Every option can be set by an environment variable: COVEY_INNER_STEPS for --inner-steps.
Exit status: 0 done, 1 failed, 2 usage, 4 permission, 6 bad data, 7 no disk space, 130 interrupted.`;
}

/** Parses kinds with an optional number of each: `zero,sign-flip:2`. */
function parseAdversaries(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const [kind, number = "1"] = part.trim().split(":");
    if (!Object.hasOwn(ADVERSARIES, kind)) {
      const guess = nearest(kind, Object.keys(ADVERSARIES));
      throw new InvalidArgumentError(
        `Unknown kind "${kind}"${guess ? `; did you mean ${guess}?` : "; --help lists them."}`,
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
