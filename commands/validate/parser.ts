import { quietOption } from "../arguments/common_options.ts";
import { Command } from "commander";
import { count, path } from "../arguments/option_values.ts";

/** Returns the argument parser of `covey validate`. */
export function validateParser(): Command {
  return new Command("covey validate")
    .description(
      "Score the peers of a run: replay the validator and check that every score is bit-identical.",
    )
    .argument("[RUN]", "directory of a run of covey train", "covey-run")
    .option(
      "--window <W>",
      "window to show, counting from 1 (default: the last)",
      count(1_000_000_000),
    )
    .option("--explain <UID>", "print every term of a peer's score", count(65_535, 0))
    .option("--follow", "score a live run window by window, and set weights on its ledger", false)
    .option("--trust-losses", "use the recorded losses instead of computing them", false)
    .option("--html <FILE>", "write an HTML page with each peer's history", path)
    .option("--json", "write a JSON document to stdout", false)
    .addOption(quietOption())
    .helpOption("-h, --help", "show this text")
    .addHelpText(
      "after",
      `
Windows count from 1, as train shows them.
Exit status: 0 all scores match the published ones, 1 failed, 2 usage, 5 try again later, 6 something differs or is damaged, 130 interrupted.`,
    );
}
