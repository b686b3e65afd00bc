/** A time zone with what is needed to print moments as Python does. */
export interface Zone {
  /** `repr` of its `tzinfo`. */
  readonly info: string;
  /** Its name in pandas. */
  readonly name: string;
  /**
   * Returns the offset from UTC in seconds, positive if ahead.
   *
   * @param seconds Since 1970-01-01.
   */
  readonly offset: (seconds: number) => number;
}

const DAY_SECONDS = 86_400;
const FIXED = /^([+-])(\d\d):(\d\d)$/;

/**
 * Returns a zone by its name in an Arrow schema: an IANA name, or an offset such as `+05:30`.
 *
 * @throws RangeError if no zone has the name.
 */
export function zoneOf(name: string): Zone {
  const found = FIXED.exec(name);
  if (found) return fixedZone(found);
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw new RangeError(`its time zone is ${name.slice(0, 40)}, want an IANA time zone`, {
      cause,
    });
  }
  return {
    info: `zoneinfo.ZoneInfo(key='${name}')`,
    name,
    offset: (seconds) => localSeconds(format, seconds) - seconds,
  };
}

function fixedZone([, sign, hours, minutes]: RegExpExecArray): Zone {
  const size = Number(hours) * 3600 + Number(minutes) * 60;
  const offset = sign === "-" ? -size : size;
  const delta = offset < 0 ? `days=-1, seconds=${DAY_SECONDS + offset}` : `seconds=${offset}`;
  return {
    info: offset === 0
      ? "datetime.timezone.utc"
      : `datetime.timezone(datetime.timedelta(${delta}))`,
    name: offset === 0 ? "UTC" : `UTC${sign}${hours}:${minutes}`,
    offset: () => offset,
  };
}

/** Reports whether a moment's local time occurs for the second time. */
export function isSecondTime({ offset }: Zone, seconds: number): boolean {
  const [now, before] = [offset(seconds), offset(seconds - DAY_SECONDS)];
  return before > now && offset(seconds - (before - now)) === before;
}

/** Formats an offset as Python prints it, such as `+05:30`. */
export function offsetText(offset: number, colon = ":"): string {
  const size = Math.abs(offset);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60];
  if (size % 60 !== 0) parts.push(size % 60);
  return (offset < 0 ? "-" : "+") + parts.map((part) => String(part).padStart(2, "0")).join(colon);
}

/** Returns the local time as seconds since 1970-01-01. */
function localSeconds(format: Intl.DateTimeFormat, seconds: number): number {
  const parts = Object.fromEntries(
    format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]),
  );
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const date = new Date(0);
  date.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  date.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
  return date.getTime() / 1000;
}
