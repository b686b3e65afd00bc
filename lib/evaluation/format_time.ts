const MONTHS =
  "January February March April May June July August September October November December"
    .split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const two = (value: number) => String(value).padStart(2, "0");

/** What stands for what, as far as chat templates use it. */
const PARTS: Readonly<Record<string, (time: Date) => string>> = {
  "%": () => "%",
  A: (time) => DAYS[time.getDay()],
  B: (time) => MONTHS[time.getMonth()],
  H: (time) => two(time.getHours()),
  M: (time) => two(time.getMinutes()),
  S: (time) => two(time.getSeconds()),
  Y: (time) => String(time.getFullYear()),
  a: (time) => DAYS[time.getDay()].slice(0, 3),
  b: (time) => MONTHS[time.getMonth()].slice(0, 3),
  d: (time) => two(time.getDate()),
  m: (time) => two(time.getMonth() + 1),
  y: (time) => two(time.getFullYear() % 100),
};

/** Local time in the notation of Python's `strftime`; what is not known stays as it is. */
export function formatTime(format: string, time: Date): string {
  return format.replace(/%(.)/gs, (text, part) => PARTS[part]?.(time) ?? text);
}
