import { Command, InvalidArgumentError, Option } from "commander";
import { TARGETS } from "../../lib/convert/targets.ts";
import { quietOption } from "../arguments/common_options.ts";

/** Command line of `covey convert`. */
export function convertParser(): Command {
  return new Command("covey convert")
    .description(
      "Convert a model between formats, tensor by tensor; without OUTPUT, describe it.",
    )
    .argument("<INPUT>", `run of covey train, id on the Hugging Face hub (org/name), or ${INPUTS}`)
    .argument("[OUTPUT]", "directory or file to write")
    .option("--revision <REV>", "revision of a model on the hub (default: main)")
    .addOption(
      new Option(
        "--to <FORMAT>",
        "format to write (default: by OUTPUT's ending, else hugging-face)",
      )
        .choices(Object.keys(TARGETS)),
    )
    .addOption(
      new Option("--dtype <TYPE>", "type of the weights (default: that of the input)")
        .choices([...new Set(Object.values(TARGETS).flatMap(({ dtypes }) => Object.keys(dtypes)))]),
    )
    .option(
      "--shard-size <SIZE>",
      "longest weight file of a Hugging Face directory, such as 5GB or 500MB (default: 5GB)",
      size,
    )
    .option(
      "--average <MODEL...>",
      "average INPUT with these models of the same shape",
    )
    .option(
      "--weights <LIST>",
      "weights of INPUT and the others, such as 2,1,1 (default: equal)",
      numbers,
    )
    .option("--name <NAME>", "name of the model in GGUF (default: INPUT's)")
    .option("--pre <NAME>", "llama.cpp's name of the pre-tokenizer, where it is not recognised")
    .option("--json", "write the description as a JSON document", false)
    .addOption(quietOption())
    .helpOption("-h, --help", "show this text")
    .addHelpText("after", `\n${HELP}`);
}

const INPUTS = "Hugging Face directory, GGUF, llama2.c or PyTorch file";

const HELP = `Formats:
${
  Object.entries(TARGETS).map(([name, { dtypes, summary }]) =>
    `  ${name.padEnd(14)}${summary}; ${Object.keys(dtypes).join(", ")}`
  ).join("\n")
}
Variables: HF_TOKEN, HF_HOME, HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE; COVEY_ plus an option's name.
Files are written beside their final names and renamed when they are whole.
Exit status: 0 done, 1 failed, 2 usage, 4 no permission, 6 bad data, 7 no disk space, 130 interrupted.`;

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function numbers(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.every((value) => Number.isFinite(value) && value >= 0)) return values;
  throw new InvalidArgumentError("Want numbers from 0 on, such as 2,1,1.");
}

function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)B?$/i.exec(text);
  const bytes = match ? Number(match[1]) * UNITS[match[2].toUpperCase()] : 0;
  if (bytes >= 1e3) return Math.floor(bytes);
  throw new InvalidArgumentError("Want a size from 1KB on, such as 5GB.");
}
