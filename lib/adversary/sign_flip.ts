import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Sends its negated pseudo-gradient. */
export const signFlip = (): Behaviour => ({
  tensors: (honest) => Promise.resolve(changeLevels(honest, (level) => -level)),
});
