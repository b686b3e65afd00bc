const BLOCKS = "▁▂▃▄▅▆▇█";

/** Plots a curve as a line of block characters, the highest value full, the lowest one eighth. */
export function sparkline(values: readonly number[]): string {
  const [low, high] = extremes(values);
  const place = (value: number) =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (BLOCKS.length - 1));
  return values.map((value) => BLOCKS[place(value)]).join("");
}

/**
 * Plots a curve over windows as lines of text, from the highest value to the lowest, labelled at each end.
 *
 * @param rows Height of the plot.
 * @param columns Width of the plot without labels; more values than that are subsampled.
 */
export function plotLines(values: readonly number[], rows: number, columns: number): string[] {
  if (values.length === 0) return [];
  const width = Math.min(columns, Math.max(values.length, Math.min(columns, 48)));
  const at = (column: number) =>
    values[Math.round((column * (values.length - 1)) / Math.max(1, width - 1))];
  const [low, high] = extremes(values);
  const rowOf = (value: number) =>
    high === low ? rows - 1 : Math.round(((high - value) / (high - low)) * (rows - 1));
  return Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? high.toFixed(2) : row === rows - 1 ? low.toFixed(2) : "";
    const dots = Array.from(
      { length: width },
      (_, column) => rowOf(at(column)) === row ? "•" : " ",
    );
    return `${label.padStart(6)} ${row === 0 || row === rows - 1 ? "┤" : "│"}${
      dots.join("").trimEnd()
    }`;
  });
}

/** Returns the extremes by a loop, since a long run has more values than a call takes arguments. */
function extremes(values: readonly number[]): [number, number] {
  return values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}
