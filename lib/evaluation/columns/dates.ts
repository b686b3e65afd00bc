import { PythonObject } from "../../python/python_object.ts";
import { isSecondTime, offsetText, type Zone } from "./zones.ts";

/** Microseconds per day. */
export const DAY = 86_400_000_000n;
const pad = (value: number | bigint, width = 2) => String(value).padStart(width, "0");

/**
 * Returns a `datetime.date`.
 *
 * @param days Days since 1970-01-01.
 * @throws RangeError outside Python's range of years.
 */
export function pythonDate(days: number): PythonObject {
  const [year, month, day] = civil(BigInt(days));
  return new PythonObject(
    `${pad(year, 4)}-${pad(month)}-${pad(day)}`,
    `datetime.date(${year}, ${month}, ${day})`,
  );
}

/**
 * Returns a `datetime.datetime`.
 *
 * @param microseconds Since 1970-01-01.
 * @throws RangeError outside Python's range of years.
 */
export function pythonMoment(microseconds: bigint, zone?: Zone): PythonObject {
  const seconds = Number(floorDivide(microseconds, 1_000_000n));
  const offset = zone?.offset(seconds) ?? 0;
  const local = microseconds + BigInt(offset) * 1_000_000n;
  const days = floorDivide(local, DAY);
  const date = civil(days);
  const [clock, parts] = clockOf(local - days * DAY);
  const info = zone === undefined
    ? []
    : [...(isSecondTime(zone, seconds) ? ["fold=1"] : []), `tzinfo=${zone.info}`];
  const text = `${pad(date[0], 4)}-${pad(date[1])}-${pad(date[2])} ${clock}`;
  return new PythonObject(
    text + (zone ? offsetText(offset) : ""),
    `datetime.datetime(${[...date, ...parts, ...info].join(", ")})`,
  );
}

/**
 * Returns a `pandas.Timestamp` from nanoseconds.
 *
 * @param nanoseconds Since 1970-01-01.
 */
export function pandasMoment(nanoseconds: bigint, zone?: Zone): PythonObject {
  if (nanoseconds === -(2n ** 63n)) return new PythonObject("NaT", "NaT");
  const microseconds = floorDivide(nanoseconds, 1000n);
  const rest = nanoseconds - microseconds * 1000n;
  const offset = zone?.offset(Number(floorDivide(microseconds, 1_000_000n))) ?? 0;
  const { text } = pythonMoment(microseconds + BigInt(offset) * 1_000_000n);
  const places = text.includes(".") ? text : `${text}.000000`;
  const shown = rest === 0n ? text : `${places}${pad(rest, 3)}`;
  return zone === undefined ? new PythonObject(shown, `Timestamp('${shown}')`) : new PythonObject(
    shown + offsetText(offset),
    `Timestamp('${shown}${offsetText(offset, "")}', tz='${zone.name}')`,
  );
}

/**
 * Returns a `datetime.time`.
 *
 * @param microseconds Since midnight.
 */
export function pythonTime(microseconds: bigint): PythonObject {
  const [clock, parts] = clockOf(((microseconds % DAY) + DAY) % DAY);
  return new PythonObject(clock, `datetime.time(${parts.join(", ")})`);
}

/** Converts days since 1970-01-01 to year, month and day. */
function civil(days: bigint): [number, number, number] {
  // Howard Hinnant, chrono-Compatible Low-Level Date Algorithms
  const shifted = Number(days) + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear = ofEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + Number(month <= 2);
  if (year < 1 || year > 9999) {
    throw new RangeError(`a date has the year ${year}, want 1 to 9999`);
  }
  return [year, month, ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1];
}

/** Returns the text of a time of day, and its constructor arguments. */
function clockOf(microseconds: bigint): [string, number[]] {
  const seconds = Number(microseconds / 1_000_000n);
  const fraction = Number(microseconds % 1_000_000n);
  const [hour, minute, second] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const clock = `${pad(hour)}:${pad(minute)}:${pad(second)}`;
  const parts = [hour, minute, second, fraction];
  while (parts.length > 2 && parts.at(-1) === 0) parts.pop();
  return [fraction ? `${clock}.${pad(fraction, 6)}` : clock, parts];
}

/** Floor division, `a // b` in Python. */
export function floorDivide(a: bigint, b: bigint): bigint {
  return a / b - BigInt(a % b < 0n);
}
