import { runValidate } from "./run.ts";
import { parseValidateOptions, type ValidateOptions } from "./parse.ts";
import { validateScope } from "./scope.ts";
import type { Command } from "../command.ts";

/** `covey validate`: replays or follows a run on this machine. */
export const validate: Command<ValidateOptions> = {
  parse: parseValidateOptions,
  scope: validateScope,
  run: runValidate,
};
