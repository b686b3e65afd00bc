import type { Command } from "../command.ts";
import { type ConvertOptions, parseConvertOptions } from "./parse.ts";
import { runConvert } from "./run.ts";
import { convertScope } from "./scope.ts";

/** `covey convert`: describes a model, or writes it in another format. */
export const convert: Command<ConvertOptions> = {
  parse: parseConvertOptions,
  scope: convertScope,
  run: runConvert,
};
