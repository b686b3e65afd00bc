import type { Behaviour } from "../swarm/behaviour.ts";
import { changeLevels } from "./_change_levels.ts";

/** Largest level that the format takes. */
const LEVEL_MAX = 1e4;

/** Sends what it has learned a million times larger, as far as the format goes. */
export const scaled = (): Behaviour => ({
  tensors: (honest) =>
    Promise.resolve(
      changeLevels(honest, (level) => Math.max(-LEVEL_MAX, Math.min(LEVEL_MAX, level * 1e6))),
    ),
});
