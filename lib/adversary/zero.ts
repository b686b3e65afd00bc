import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Trains, but sends zeros. */
export const zero = (): Behaviour => ({
  tensors: (honest) => Promise.resolve(changeLevels(honest, () => 0)),
});
