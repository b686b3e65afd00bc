import { encodeSubmission } from "../sparseloco/submission.ts";
import type { Behaviour } from "../swarm/behaviour.ts";
import { readSubmission } from "./_read_submission.ts";

/** Time allowed for other peers to upload. */
const PATIENCE_MS = 5000;

/** Waits until the first peer has uploaded, and sends that submission as its own. */
export const copyExact = (): Behaviour => ({
  samples: (assigned) => assigned.subarray(0, 0),
  deliver: async (bytes, { commit, until, untilUploads, upload }, moment) => {
    await untilUploads();
    await until(moment.clock.nowMs() + PATIENCE_MS);
    const victim = moment.peers.find((uid) => uid !== moment.context.uid)!;
    const copied = await readSubmission(moment, victim, moment.context.window);
    const own = copied ? encodeSubmission(moment.context, copied) : bytes;
    await commit(own);
    await upload(own);
  },
});
