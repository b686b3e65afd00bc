import { pythonRegex } from "../python/python_regex.ts";

/** Differences to ignore when comparing a generated answer, as in `exact_match` of the harness. */
export interface MatchOptions {
  /** Patterns whose matches are removed first. */
  readonly regexes_to_ignore?: readonly string[] | null | undefined;
  readonly ignore_case?: boolean;
  readonly ignore_punctuation?: boolean;
  readonly ignore_numbers?: boolean;
}

/** Reports whether an extracted answer equals the correct one. */
export type AnswerMatcher = (read: string, right: string) => boolean;

/** Python's `string.punctuation` and `string.digits`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const DIGITS = /[0-9]/g;

/**
 * Returns a matcher with the given options.
 *
 * @throws SyntaxError for a pattern that is not known to have the same meaning here.
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
