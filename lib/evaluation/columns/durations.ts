import { DAY, floorDivide } from "./dates.ts";
import { PythonObject } from "../../python/python_object.ts";

const SECOND = 1_000_000n;
const DAYS_MAX = 999_999_999n;
const pad = (value: number | bigint, width = 2) => String(value).padStart(width, "0");

/**
 * Returns a `datetime.timedelta`.
 *
 * @throws RangeError if it exceeds Python's range.
 */
export function pythonDuration(microseconds: bigint): PythonObject {
  const days = floorDivide(microseconds, DAY);
  if (days > DAYS_MAX || days < -DAYS_MAX) throw new RangeError(`a duration has ${days} days`);
  const rest = microseconds - days * DAY;
  const [seconds, fraction] = [rest / SECOND, rest % SECOND];
  const clock = `${seconds / 3600n}:${pad(seconds / 60n % 60n)}:${pad(seconds % 60n)}`;
  const name = days === 1n || days === -1n ? "day" : "days";
  const parts = Object.entries({ days, seconds, microseconds: fraction })
    .filter(([, value]) => value !== 0n).map(([key, value]) => `${key}=${value}`);
  return new PythonObject(
    `${days === 0n ? "" : `${days} ${name}, `}${clock}${fraction ? `.${pad(fraction, 6)}` : ""}`,
    `datetime.timedelta(${parts.join(", ") || "0"})`,
    microseconds !== 0n,
  );
}

/** Returns a `pandas.Timedelta` from nanoseconds. */
export function pandasDuration(nanoseconds: bigint): PythonObject {
  if (nanoseconds === -(2n ** 63n)) return new PythonObject("NaT", "NaT");
  const day = DAY * 1000n;
  const days = floorDivide(nanoseconds, day);
  const rest = nanoseconds - days * day;
  const [seconds, fraction] = [rest / (SECOND * 1000n), rest % (SECOND * 1000n)];
  const places = fraction % 1000n === 0n ? pad(fraction / 1000n, 6) : pad(fraction, 9);
  const clock = `${pad(seconds / 3600n)}:${pad(seconds / 60n % 60n)}:${pad(seconds % 60n)}`;
  const text = `${days} days ${days < 0n ? "+" : ""}${clock}${fraction ? `.${places}` : ""}`;
  return new PythonObject(text, `Timedelta('${text}')`, nanoseconds !== 0n);
}
