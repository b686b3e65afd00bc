import type { Command } from "commander";
import { convertParser } from "../convert/parser.ts";
import { evalParser } from "../eval/parser.ts";
import { trainParser } from "../train/parser.ts";
import { validateParser } from "../validate/parser.ts";

/** Argument parsers by verb. */
export const PARSERS: Readonly<Record<string, () => Command>> = {
  train: trainParser,
  validate: validateParser,
  convert: convertParser,
  eval: evalParser,
};
