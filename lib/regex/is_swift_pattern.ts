import { isSwiftRegex } from "./is_swift_regex.ts";
import { parseRegex } from "./parse_regex.ts";

/**
 * Reports whether a backtracking matcher is known to be fast on a pattern; false for a pattern that cannot be
 * parsed, too.
 */
export function isSwiftPattern(pattern: string): boolean {
  try {
    return isSwiftRegex(parseRegex(pattern));
  } catch {
    return false;
  }
}
