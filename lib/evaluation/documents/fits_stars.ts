/**
 * Reports whether a name matches a pattern with `*`, in time independent of the number of stars.
 */
export function fitsStars(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.split(/\*+/);
  const last = rest.pop()!;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= name.length;
}
