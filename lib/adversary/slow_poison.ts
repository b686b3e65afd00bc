import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Windows of which one is poisoned: never three in a row, never more than four of eight. */
const PERIOD = 3;
/** Just under the norm at which clipping begins. */
const SCALE = 0.99;

/** Is honest most of the time, and sends the opposite in every third window. */
export const slowPoison = (): Behaviour => ({
  tensors: (honest, { context: { window } }) =>
    Promise.resolve(
      window % PERIOD === PERIOD - 1 ? changeLevels(honest, (level) => -SCALE * level) : honest,
    ),
});
