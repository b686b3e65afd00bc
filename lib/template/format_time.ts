const MONTHS =
  "January February March April May June July August September October November December"
    .split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const two = (value: number) => String(value).padStart(2, "0");

/** The `strftime` directives that chat templates use. */
const PARTS: Readonly<Record<string, (time: Date) => string>> = {
  "%": () => "%",
  A: (time) => DAYS[time.getDay()],
  B: (time) => MONTHS[time.getMonth()],
  H: (time) => two(time.getHours()),
  I: (time) => two((time.getHours() + 11) % 12 + 1),
  M: (time) => two(time.getMinutes()),
  S: (time) => two(time.getSeconds()),
  Y: (time) => String(time.getFullYear()),
  a: (time) => DAYS[time.getDay()].slice(0, 3),
  b: (time) => MONTHS[time.getMonth()].slice(0, 3),
  d: (time) => two(time.getDate()),
  e: (time) => String(time.getDate()).padStart(2),
  j: (time) => String(dayOfYear(time)).padStart(3, "0"),
  m: (time) => two(time.getMonth() + 1),
  p: (time) => time.getHours() < 12 ? "AM" : "PM",
  y: (time) => two(time.getFullYear() % 100),
};

function dayOfYear(time: Date): number {
  const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()];
  return (Date.UTC(year, month, day) - Date.UTC(year, 0, 0)) / 86_400_000;
}

/**
 * Formats a local time as Python's `strftime` does.
 *
 * @throws RangeError for an unsupported directive.
 */
export function formatTime(format: string, time: Date): string {
  return format.replace(/%(-?)(.?)/gs, (text, bare, part) => {
    if (!Object.hasOwn(PARTS, part)) {
      throw new RangeError(`the strftime directive ${text} is not supported`);
    }
    const value = PARTS[part](time);
    return bare ? value.replace(/^[0 ]+(?=\d)/, "") : value;
  });
}
