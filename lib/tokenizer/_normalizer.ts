import { buildParts, type Part, type PartTable, pattern, text } from "./_parts.ts";
import { LEADING_SPACE, TRAILING_SPACE } from "./_regex.ts";

const TABLE: PartTable<(text: string) => string> = {
  NFC: () => (from) => from.normalize("NFC"),
  NFD: () => (from) => from.normalize("NFD"),
  NFKC: () => (from) => from.normalize("NFKC"),
  NFKD: () => (from) => from.normalize("NFKD"),
  Lowercase: () => (from) => from.toLowerCase(),
  Prepend: (part) => {
    const prefix = text(part, "prepend");
    return (from) => from === "" ? "" : prefix + from;
  },
  Replace: (part) => {
    const [find, content] = [pattern(part), text(part, "content")];
    return (from) => from.replace(find, () => content);
  },
  Strip: (part) => (from) => {
    const right = part.strip_right === false ? from : from.replace(TRAILING_SPACE, "");
    return part.strip_left === false ? right : right.replace(LEADING_SPACE, "");
  },
};

/**
 * What is done to a text before it is cut into pieces.
 *
 * @throws RangeError for a part that is not known.
 */
export function normalizer(part: Part): (text: string) => string {
  const steps = buildParts("normalizer", "normalizers", part, TABLE);
  return (from) => steps.reduce((so, step) => step(so), from);
}
