const NUMBER = /^(0|[1-9]\d*)$/;

/**
 * Refuses keys like `10`: JavaScript puts them before all others, whatever the file's order, which hashes and
 * texts depend on.
 *
 * @throws RangeError naming the key.
 */
export function checkKeys(keys: Iterable<string>): void {
  for (const key of keys) {
    if (!NUMBER.test(key)) continue;
    throw new RangeError(`the key ${key.slice(0, 40)} is a number, which is not offered`);
  }
}
