import { submissionBytesMax } from "../sparseloco/submission.ts";
import type { Behaviour } from "../swarm/behaviour.ts";

/** Sends more bytes than a submission for this model can have. */
export const oversized = (): Behaviour => ({
  encode: (bytes, { context }) => {
    const large = new Uint8Array(submissionBytesMax(context) + 1);
    large.set(bytes);
    return large;
  },
});
