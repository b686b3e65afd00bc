const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
const COUNT_UNITS = ["", "k", "M", "B", "T"];

/** Formats bytes in decimal units: `15.7 kB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, BYTE_UNITS, " ");
}

/** Formats a count briefly: `828k`, `72.7B`. */
export function formatCount(count: number): string {
  return scaled(count, COUNT_UNITS, "");
}

/** Formats a duration: `3.2 s`, `4 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

function scaled(value: number, units: readonly string[], gap: string): string {
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}${gap}${units[unit]}`;
}
