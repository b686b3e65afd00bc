import { deviceOption, quietOption, threadsOption } from "../arguments/common_options.ts";
import { Command, InvalidArgumentError, Option } from "commander";
import { SUITES } from "../../lib/evaluation/tasks.ts";
import { count, path, truth } from "../arguments/option_values.ts";

/** Returns the argument parser of `covey eval`. */
export function evalParser(): Command {
  const command = new Command("covey eval")
    .description(
      "Score a LLaMA checkpoint on benchmark tasks, with the numbers of lm-evaluation-harness.",
    )
    .argument(
      "[MODEL]",
      "directory of a checkpoint, run of covey train, or Hugging Face id such as org/name",
      "covey-run",
    );
  whatOptions(command);
  howOptions(command);
  return command
    .option("--json", "write one JSON document to standard output", false)
    .addOption(quietOption())
    .helpOption("-h, --help", "show this text")
    .addHelpText("after", `\n${HELP}`);
}

const HELP =
  `Documents: DIR/TASK/SPLIT.parquet (or .jsonl, .json) with --data-dir, else from the Hugging Face hub.
A run without --tasks is scored on its held-out text.
Command lines of lm-evaluation-harness work too: --model hf --model_args pretrained=org/name --num_fewshot 5.
Arguments that cannot change a result (--batch_size, --log_samples, ...) are ignored; others are refused.
Variables: HF_TOKEN, HF_HOME, HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE; COVEY_ plus an option's name.
Exit status: 0 done, 1 failed, 2 usage, 3 some tasks failed, 4 no permission, 5 try again later, 6 bad data, 7 no disk space, 130 interrupted.`;

function whatOptions(command: Command): void {
  command
    .option(
      "--tasks <LIST>",
      "tasks, groups or patterns, such as arc_easy,mmlu; list shows all",
      names,
    )
    .addOption(new Option("--suite <NAME>", "tasks of a paper").choices(Object.keys(SUITES)))
    .option("--text <FILE>", "perplexity of a text, .jsonl or .npy file; repeatable", paths)
    .option(
      "--num-fewshot <N>",
      "few-shot examples (default: the task's)",
      count(1000, 0),
    )
    .option("--limit <N>", "evaluate at most N documents per task; N < 1 is a fraction", limit)
    .option(
      "--samples <JSON>",
      'evaluate only these documents, by index: {"arc_easy":[0,5]}',
      samples,
    )
    .option("--data-dir <DIR>", "read documents from DIR instead of the hub", path)
    .option("--include-path <DIR>", "add the task files (.yaml) of a directory", path)
    .option(
      "--output-path <DIR>",
      "write results_*.json and samples_*.jsonl to DIR, or one FILE.json",
      path,
    )
    .option("--prefetch <DIR>", "download the tasks' documents into DIR, then exit", path)
    .option("--seed <N>", "few-shot seed; of four, the last (default: 1234)", seed)
    .option("--system-instruction <TEXT>", "system prompt")
    .option(
      "--apply-chat-template",
      "format prompts with the model's chat template",
      false,
    )
    .option("--chat-template <NAME>", "name of the template, for a model with several")
    .option(
      "--fewshot-as-multiturn <BOOL>",
      "make few-shot examples turns of the chat (default: true)",
      truth,
    )
    .option(
      "--max-gen-toks <N>",
      "generate at most N tokens (default: the task's)",
      count(1_000_000),
    )
    .option(
      "--bootstrap-iters <N>",
      "bootstrap resamples for standard errors; 0 for none (default: 1000)",
      count(10_000_000, 0),
    );
}

function howOptions(command: Command): void {
  command
    .option("--revision <NAME>", "branch, tag or commit of a model on the hub (default: main)")
    .option("--offline", "use the hub's cache only", false)
    .option(
      "--override <KEY=VALUE>",
      "replace a value of config.json; repeatable",
      override,
    )
    .option(
      "--tokenizer <FILE>",
      "tokenizer.json, or a directory that has one with its settings (default: the model's)",
      path,
    )
    .addOption(
      new Option(
        "--add-bos <POLICY>",
        "prepend BOS; auto: as tokenizer.json does",
      )
        .choices(["auto", "yes", "no"]).default("auto"),
    )
    .option(
      "--max-length <N>",
      "context length in tokens (default: the model's)",
      count(10_000_000, 2),
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--batch-tokens <N>", "tokens per batch (default: 1024)", count(1_000_000))
    .option(
      "--blocks <N>",
      "decoder blocks held in memory (default: all that fit)",
      count(4096),
    )
    .addOption(
      new Option("--trust-remote-code", "refused where a model brings code; see the harness")
        .default(
          false,
        ).hideHelp(),
    )
    .option("--no-pack", "do not share the context between choices")
    .option("--no-cache", "do not read or write the response cache");
}

function names(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(/[\s,]+/).filter((name) => name !== "")];
}

function paths(text: string, before: string[] = []): string[] {
  return [...before, path(text)];
}

function limit(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value <= 0) {
    throw new InvalidArgumentError("Want a whole number, or a fraction below 1.");
  }
  return value < 1 ? value : Math.floor(value);
}

function samples(text: string): Record<string, number[]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isPlace = (each: unknown) => Number.isSafeInteger(each) && (each as number) >= 0;
  const lists = typeof value === "object" && value !== null ? Object.values(value) : [undefined];
  if (lists.every((list) => Array.isArray(list) && list.length > 0 && list.every(isPlace))) {
    return value as Record<string, number[]>;
  }
  throw new InvalidArgumentError('Want document indices by task: {"arc_easy":[0,5]}.');
}

function seed(text: string): number {
  const parts = text.split(",");
  // Of the harness's four seeds, the last is the few-shot seed; three omit it.
  const [own = "1234"] = parts.length === 1 ? parts : parts.slice(3);
  const others = parts.slice(0, 3).every((part) => /^(\d+|None)$/.test(part));
  if (![1, 3, 4].includes(parts.length) || !others || !/^\d+$/.test(own)) {
    throw new InvalidArgumentError("Want a whole number, or four of them: 0,1234,1234,1234.");
  }
  return Number(own);
}

function override(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [key, ...rest] = text.split("=");
  if (!/^\w+$/.test(key) || rest.length === 0) {
    throw new InvalidArgumentError("Want KEY=VALUE, such as rope_theta=500000.");
  }
  const value = rest.join("=");
  try {
    return { ...before, [key]: JSON.parse(value) };
  } catch {
    return { ...before, [key]: value };
  }
}
