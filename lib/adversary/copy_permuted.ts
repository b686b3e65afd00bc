import type { Behaviour } from "../swarm/behaviour.ts";
import { readSubmission } from "./_read_submission.ts";

/**
 * Sends the first peer's submission of the previous window with the levels reordered: the same values in
 * other bytes, committed in time.
 */
export const copyPermuted = (): Behaviour => ({
  samples: (assigned) => assigned.subarray(0, 0),
  tensors: async (honest, moment) => {
    const victim = moment.peers.find((uid) => uid !== moment.context.uid)!;
    const copied = await readSubmission(moment, victim, moment.context.window - 1);
    return (copied ?? honest).map((tensor) => ({
      ...tensor,
      levels: tensor.levels.toReversed(),
      codes: tensor.codes.map((code) => 3 - code),
    }));
  },
});
