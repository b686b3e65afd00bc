import { pythonRegex } from "../python/python_regex.ts";

/** What is overlooked when a written answer is compared, as `exact_match` of the harness has it. */
export interface MatchOptions {
  /** Patterns whose matches are taken out first. */
  readonly regexes_to_ignore?: readonly string[] | null | undefined;
  readonly ignore_case?: boolean;
  readonly ignore_punctuation?: boolean;
  readonly ignore_numbers?: boolean;
}

/** Compares what was read of an answer with the right one. */
export type AnswerMatcher = (read: string, right: string) => boolean;

/** Python's `string.punctuation` and `string.digits`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const DIGITS = /[0-9]/g;

/**
 * Makes a comparison.
 *
 * @throws SyntaxError for a pattern that is not known to mean the same here.
 */
export function answerMatcher(
  { ignore_case, ignore_numbers, ignore_punctuation, regexes_to_ignore: patterns }: MatchOptions,
): AnswerMatcher {
  const expressions = (patterns ?? []).map((pattern) => pythonRegex(pattern));
  const bare = (text: string) => {
    let rest = expressions.reduce((so, part) => so.replace(part, ""), text);
    if (ignore_case) rest = rest.toLowerCase();
    if (ignore_punctuation) rest = rest.replace(PUNCTUATION, "");
    return ignore_numbers ? rest.replace(DIGITS, "") : rest;
  };
  return (read, right) => bare(read) === bare(right);
}
