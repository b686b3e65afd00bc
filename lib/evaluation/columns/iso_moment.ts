const STAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * Returns the Unix time in seconds of a text that Arrow's JSON reader parses as a timestamp; undefined for
 * any other text. A column whose texts are all timestamps becomes a timestamp column.
 */
export function isoMoment(text: string): bigint | undefined {
  const found = STAMP.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((each) =>
    Number(each ?? 0)
  );
  const [zoneHour, zoneMinute] = found.slice(8).map((each) => Number(each ?? 0));
  if (Math.max(hour, zoneHour) > 23 || Math.max(minute, second, zoneMinute) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = zoneHour * 3600 + zoneMinute * 60;
  const local = date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
  return BigInt(found[7] === "+" ? local - offset : local + offset);
}
