import { parseArguments } from "../arguments/parse_arguments.ts";
import { UsageError } from "../command.ts";

/** Options of `covey validate`; undefined if not given. */
export interface ValidateOptions {
  /** Directory of the run. */
  run: string;
  /** Window to show, from 1. */
  window?: number;
  /** Peer whose score to explain. */
  explain?: number;
  /** Whether to score a live run. */
  follow: boolean;
  /** Whether to use the recorded losses. */
  trustLosses: boolean;
  /** Path of the HTML page to write. */
  html?: string;
  /** Whether to write one JSON document. */
  json: boolean;
  /** Whether to suppress progress output. */
  quiet: boolean;
}

/**
 * Parses the arguments of `covey validate`.
 *
 * @throws UsageError for arguments not understood; also carries the help text.
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
      "--follow shows windows as they are scored: it takes no other option but --quiet",
    );
  }
  return options;
}
