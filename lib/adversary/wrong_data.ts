import type { Behaviour } from "../swarm/behaviour.ts";

/** Far from the uids of real peers. */
const OTHER_UID = 1_000_000;

/** Trains honestly, but on samples that it was not assigned. */
export const wrongData = (): Behaviour => ({
  samples: (assigned, { context: { uid, window }, corpus }) =>
    corpus.assigned(OTHER_UID + uid, window, assigned.length),
});
