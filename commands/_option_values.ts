import { InvalidArgumentError } from "commander";

/** Reads a whole number. */
export function count(max: number, min = 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Want a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Reads a path. */
export function path(text: string): string {
  if (text === "") throw new InvalidArgumentError("Want a path.");
  return text;
}
