import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Sends the opposite of what it has learned. */
export const signFlip = (): Behaviour => ({
  tensors: (honest) => Promise.resolve(changeLevels(honest, (level) => -level)),
});
