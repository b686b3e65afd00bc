import { type Command, CommanderError, InvalidArgumentError, type Option } from "commander";
import { nearest } from "../../lib/terminal/nearest.ts";
import { PARSERS } from "./parsers.ts";
import { UsageError } from "../command.ts";

/**
 * Parses the arguments of a verb. Environment variables named `COVEY_` plus an option's name supply options
 * that are not given.
 *
 * @throws UsageError for arguments not understood, with the nearest name; also carries the help text.
 */
export function parseArguments(
  verb: string,
  args: string[],
  environment: Record<string, string>,
): { options: Record<string, unknown>; args: string[]; processedArgs: unknown[] } {
  const command = PARSERS[verb]();
  let text = "";
  command.exitOverride().configureOutput({
    writeOut: (part) => text += part,
    writeErr: (part) => text += part,
  });
  try {
    command.parse([...environmentArguments(command, environment, args), ...args], { from: "user" });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    if (cause.exitCode === 0) throw new UsageError(text.trimEnd(), 0);
    const unknown = /unknown option '(--[^'=]+)/.exec(text)?.[1];
    const guess = unknown !== undefined && longer(unknown, command);
    if (guess) throw new UsageError(`unknown option '${unknown}' (Did you mean ${guess}?)`);
    throw new UsageError(text.trim().replace(/^error: /, "").replace("\n(", " ("));
  }
  return { options: command.opts(), args: command.args, processedArgs: command.processedArgs };
}

/** Converts variables to the equivalent arguments, to be put before the real ones. */
function environmentArguments(
  command: Command,
  environment: Record<string, string>,
  args: readonly string[],
): string[] {
  const own = variables(command);
  // A variable of another verb is not an error.
  const known = Object.values(PARSERS).flatMap((parser) => [...variables(parser()).keys()]);
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!name.startsWith("COVEY_")) return [];
    const option = own.get(name);
    if (!option && known.includes(name)) return [];
    if (!option) {
      const guess = nearest(name, known);
      throw new UsageError(`unknown variable ${name}${guess ? ` (Did you mean ${guess}?)` : ""}`);
    }
    // Otherwise a repeatable option would accumulate both values.
    if (args.some((arg) => arg.split("=")[0] === option.long)) return [];
    if (option.required) {
      if (value !== "") checkValue(name, option, value);
      return value === "" ? [] : [option.long!, value];
    }
    if (/^(1|true|yes)$/i.test(value)) return [option.long!];
    if (/^(0|false|no|)$/i.test(value)) return [];
    throw new UsageError(`variable ${name} is "${value}", want 1 or 0`);
  });
}

/** Finds an option that the unknown name is a prefix of, which edit distance misses. */
function longer(unknown: string, command: Command): string | undefined {
  return command.options.find(({ long }) => long?.startsWith(`${unknown}-`))?.long;
}

/** Reports an invalid value under the variable's name, since the user may not know the option. */
function checkValue(name: string, option: Option, value: string): void {
  try {
    option.parseArg?.(value, undefined);
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new UsageError(`variable ${name} is "${value}". ${cause.message}`);
  }
}

function variables(command: Command) {
  return new Map(
    command.options.map((option) => [
      `COVEY_${option.long!.slice(2).toUpperCase().replaceAll("-", "_")}`,
      option,
    ]),
  );
}
