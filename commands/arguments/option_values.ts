import { InvalidArgumentError } from "commander";

/** Returns a parser of whole numbers from `min` to `max`. */
export function count(max: number, min = 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Want a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Reports whether a text spells a boolean. */
export function isTruthWord(text: string): boolean {
  return /^(true|yes|1|false|no|0)$/i.test(text);
}

/** Parses a boolean. */
export function truth(text: string): boolean {
  if (!isTruthWord(text)) throw new InvalidArgumentError("Want true or false.");
  return /^(true|yes|1)$/i.test(text);
}

/** Parses a non-empty path. */
export function path(text: string): string {
  if (text === "") throw new InvalidArgumentError("Want a path.");
  return text;
}
