import { evalScope } from "./scope.ts";
import { type EvalOptions, parseEvalOptions } from "./parse.ts";
import { runEval } from "./run.ts";
import type { Command } from "../command.ts";

/** `covey eval`: scores a checkpoint. */
export const evaluateCommand: Command<EvalOptions> = {
  parse: parseEvalOptions,
  scope: evalScope,
  run: runEval,
};
