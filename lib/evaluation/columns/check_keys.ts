const NUMBER = /^(0|[1-9]\d*)$/;

/**
 * Rejects integer-like keys such as `10`: JavaScript moves them before all others, but hashes and texts
 * depend on the file's order.
 *
 * @throws RangeError naming the key.
 */
export function checkKeys(keys: Iterable<string>): void {
  for (const key of keys) {
    if (!NUMBER.test(key)) continue;
    throw new RangeError(`the key ${key.slice(0, 40)} is a number, which is not supported`);
  }
}
