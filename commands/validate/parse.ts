import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";

/** Options of `covey validate`; undefined where the user said nothing. */
export interface ValidateOptions {
  /** Directory of the run. */
  run: string;
  /** Window to show, from 1. */
  window?: number;
  /** Peer whose score is to be explained. */
  explain?: number;
  /** Score a live run. */
  follow: boolean;
  /** Take the recorded losses. */
  trustLosses: boolean;
  /** Page to write. */
  html?: string;
  /** Write one JSON document. */
  json: boolean;
  /** Show no progress. */
  quiet: boolean;
}

/**
 * Reads the arguments of `covey validate`.
 *
 * @throws UsageError for whatever is not understood; also carries the help text.
 */
export function parseValidateOptions(
  args: string[],
  environment: Record<string, string>,
): ValidateOptions {
  const parsed = parseArguments("validate", args, environment);
  const options = {
    ...(parsed.options as Omit<ValidateOptions, "run">),
    run: String(parsed.processedArgs[0]),
  };
  if (options.run === "") throw new UsageError("RUN is empty, want the directory of a run");
  const shown = options.window ?? options.explain ?? options.html;
  if (options.follow && (shown !== undefined || options.trustLosses || options.json)) {
    throw new UsageError(
      "--follow shows windows as they come: it takes no other option but --quiet",
    );
  }
  return options;
}
