import { literalRegex, tokenizerRegex } from "./_regex.ts";

/** A part of a `tokenizer.json`: an object with a type, or null. */
export type Part = Record<string, unknown> | null | undefined;

/** Constructors by type of part. */
export type PartTable<Made> = Readonly<Record<string, (part: Record<string, unknown>) => Made>>;

/** Maximum nesting depth of sequences. */
const DEPTH_MAX = 8;

/**
 * Builds a part and, for a sequence, its members.
 *
 * @param list Key of the member list of a sequence.
 * @throws RangeError for a type that the table lacks.
 */
export function buildParts<Made>(
  what: string,
  list: string,
  part: Part,
  table: PartTable<Made>,
  depth = 0,
): Made[] {
  if (part === null || part === undefined) return [];
  const type = String(part.type);
  if (type === "Sequence" && depth < DEPTH_MAX) {
    const members = part[list];
    if (!Array.isArray(members)) throw new RangeError(`a ${what} sequence has no ${list}`);
    return members.flatMap((each) => buildParts(what, list, each, table, depth + 1));
  }
  if (!Object.hasOwn(table, type)) {
    throw new RangeError(`${what} type is ${type}, want ${Object.keys(table).join(", ")}`);
  }
  return [table[type](part)];
}

/** Returns the string at a key, or the default if it is absent. */
export function text(part: Record<string, unknown>, key: string, initial?: string): string {
  const value = part[key] ?? initial;
  if (typeof value !== "string") {
    throw new RangeError(`${part.type}: ${key} is ${JSON.stringify(value)}, want text`);
  }
  return value;
}

/** Compiles a `pattern`: `{"String": ...}` or `{"Regex": ...}`. */
export function pattern(part: Record<string, unknown>): RegExp {
  const { Regex, String: literal } = (part.pattern ?? {}) as Record<string, unknown>;
  if (typeof Regex === "string") return tokenizerRegex(Regex);
  if (typeof literal === "string" && literal !== "") return literalRegex(literal);
  throw new RangeError(
    `${part.type}: pattern is ${JSON.stringify(part.pattern)}, want a String or Regex`,
  );
}
