import type { Behaviour } from "../swarm/behaviour.ts";

/** Trains on the first half of its samples only. */
export const partial = (): Behaviour => ({
  samples: (assigned, { definition: { training: { batch, innerSteps } } }) =>
    assigned.subarray(0, Math.ceil(innerSteps / 2) * batch),
});
