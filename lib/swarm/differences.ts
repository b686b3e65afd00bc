/**
 * Lists where two JSON values differ: paths with both values, in the key order of the first. Numbers are
 * equal only if all their bits are.
 */
export function differences(a: unknown, b: unknown, path: string): string[] {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b) ? [] : [`${path}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`];
  }
  const [left, right] = [a, b] as Record<string, unknown>[];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) =>
    differences(left[key], right[key], path ? `${path}.${key}` : key)
  );
}
