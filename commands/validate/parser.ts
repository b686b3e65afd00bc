import { Command } from "commander";
import { count, path } from "../arguments/option_values.ts";

/** Command line of `covey validate`. */
export function validateParser(): Command {
  return new Command("covey validate")
    .description(
      "Score what the peers of a run sent: do again all that its validator did, and compare to the last bit.",
    )
    .argument("[RUN]", "directory of a run of covey train", "covey-run")
    .option("--window <W>", "window to show, from 1 (default: the last)", count(1_000_000_000))
    .option("--explain <UID>", "print every term of one peer's score", count(65_535, 0))
    .option("--follow", "score a live run window by window, and set weights on its ledger", false)
    .option("--trust-losses", "take the recorded losses instead of computing them", false)
    .option("--html <FILE>", "write a page with each peer's history", path)
    .option("--json", "write one JSON document to standard output", false)
    .option("--quiet", "show no progress", false)
    .helpOption("-h, --help", "show this text")
    .addHelpText(
      "after",
      `
Windows count from 1 here, as train shows them.
Exit status: 0 all scores are the published ones, 1 failed, 2 usage, 5 try again later, 6 something differs or is damaged, 130 interrupted.`,
    );
}
