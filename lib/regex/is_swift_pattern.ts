import { isSwiftRegex } from "./is_swift_regex.ts";
import { parseRegex } from "./parse_regex.ts";

/**
 * Whether a backtracking matcher is known to take little time for a pattern; false also for what is not known to
 * be one.
 */
export function isSwiftPattern(pattern: string): boolean {
  try {
    return isSwiftRegex(parseRegex(pattern));
  } catch {
    return false;
  }
}
