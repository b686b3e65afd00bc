import { LEVELS } from "./compressed_tensor.ts";

/** Standard deviations that the levels span; the reference's constant. */
const RANGE_SIGMAS = 6;

/**
 * Quantises one tensor's kept values to four levels (the reference's section on quantisation): cells of
 * 1.5 standard deviations around the mean, each value replaced by the mean of its cell. Computes in double
 * precision and rounds once at the end.
 *
 * @param values Kept values of the tensor.
 * @param codes Receives the cell of each value.
 * @param levels [4], receives the value of each cell; the mean for an empty one.
 */
export function quantise(values: Float32Array, codes: Uint8Array, levels: Float32Array): void {
  const count = values.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const shift = Math.fround(sum / count);
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - shift) ** 2;
  let scale = (RANGE_SIGMAS / LEVELS) * Math.sqrt(squares / (count - 1));
  if (!(scale > 0) || !Number.isFinite(scale)) scale = 1;
  const sums = [0, 0, 0, 0];
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const centred = values[i] - shift;
    const code = Math.min(Math.max(roundHalfEven(centred / scale + LEVELS / 2), 0), LEVELS - 1);
    codes[i] = code;
    sums[code] += centred;
    counts[code]++;
  }
  for (let code = 0; code < LEVELS; code++) {
    levels[code] = shift + (counts[code] > 0 ? sums[code] / counts[code] : 0);
  }
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
