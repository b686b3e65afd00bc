import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Largest level that the format allows. */
const LEVEL_MAX = 1e4;

/** Sends its pseudo-gradient scaled by a million, clamped to the range of the format. */
export const scaled = (): Behaviour => ({
  tensors: (honest) =>
    Promise.resolve(
      changeLevels(honest, (level) => Math.max(-LEVEL_MAX, Math.min(LEVEL_MAX, level * 1e6))),
    ),
});
