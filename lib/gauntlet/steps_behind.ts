/**
 * Returns the distance between two states in typical outer steps, measured on unpredictable elements.
 *
 * @param mine Elements of the validator's state.
 * @param theirs The same elements as reported by the peer, [elements].
 * @param stepSizes Typical change of each of these elements per outer step.
 * @param estimate Median (the paper), or mean of the middle half (the reference's final version).
 * @returns Outer steps, at least 0; NaN if the peer reported nothing usable.
 */
export function stepsBehind(
  mine: ArrayLike<number>,
  theirs: ArrayLike<number>,
  stepSizes: ArrayLike<number>,
  estimate: "interquartile-mean" | "median",
): number {
  if (theirs.length !== mine.length || mine.length === 0) return NaN;
  const ratios = Array.from(
    { length: mine.length },
    (_, i) => Math.abs(mine[i] - theirs[i]) / Math.max(stepSizes[i], STEP_FLOOR),
  );
  if (!ratios.every(Number.isFinite)) return NaN;
  ratios.sort((a, b) => a - b);
  const [low, high] = estimate === "median" ? [0.5, 0.5] : [0.25, 0.75];
  const from = Math.floor(low * (ratios.length - 1));
  const to = Math.ceil(high * (ratios.length - 1));
  const middle = ratios.slice(from, to + 1);
  return middle.reduce((sum, ratio) => sum + ratio, 0) / middle.length;
}

/** Keeps ratios finite for elements that have never moved; the reference's constant. */
const STEP_FLOOR = 1e-9;
