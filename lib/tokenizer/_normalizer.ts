import { InputError } from "../input/input_error.ts";
import { buildParts, type Part, type PartTable, pattern, text } from "./_parts.ts";
import { LEADING_SPACE, trimmedLength } from "./_regex.ts";

/** Upper bound of steps; real tokenizers have fewer than ten. */
const STEPS_MAX = 32;
/** Largest growth factor of a normalized text; the largest in Unicode itself is 18. */
const GROWTH_MAX = 64;

const TABLE: PartTable<(text: string) => string> = {
  NFC: () => (from) => from.normalize("NFC"),
  NFD: () => (from) => from.normalize("NFD"),
  NFKC: () => (from) => from.normalize("NFKC"),
  NFKD: () => (from) => from.normalize("NFKD"),
  // Letter by letter: the reference lowercases without regard to context.
  Lowercase: () => (from) => Array.from(from, (letter) => letter.toLowerCase()).join(""),
  Prepend: (part) => {
    const prefix = text(part, "prepend");
    return (from) => from === "" ? "" : prefix + from;
  },
  Replace: (part) => {
    const [find, content] = [pattern(part), text(part, "content")];
    return (from) => from.replace(find, () => content);
  },
  Strip: (part) => (from) => {
    const right = part.strip_right === false ? from : from.slice(0, trimmedLength(from));
    return part.strip_left === false ? right : right.replace(LEADING_SPACE, "");
  },
};

/**
 * What is done to a text before it is cut into pieces.
 *
 * @throws InputError for a part that is not known.
 */
export function normalizer(part: Part): (text: string) => string {
  const steps = buildParts("normalizer", "normalizers", part, TABLE);
  if (steps.length > STEPS_MAX) {
    throw new InputError(`normalizer has ${steps.length} steps, want at most ${STEPS_MAX}`);
  }
  return (from) =>
    steps.reduce((so, step) => {
      const after = step(so);
      if (after.length <= GROWTH_MAX * (from.length + 1)) return after;
      throw new InputError(
        `Cannot normalize text: it grows from ${from.length} characters to ${after.length}`,
      );
    }, from);
}
