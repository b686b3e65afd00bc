import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Period of the poisoned windows: never three in a row, never more than four of eight. */
const PERIOD = 3;
/** Keeps the norm just below the clipping threshold. */
const SCALE = 0.99;

/** Is honest most of the time, and sends its negated pseudo-gradient in every third window. */
export const slowPoison = (): Behaviour => ({
  tensors: (honest, { context: { window } }) =>
    Promise.resolve(
      window % PERIOD === PERIOD - 1 ? changeLevels(honest, (level) => -SCALE * level) : honest,
    ),
});
