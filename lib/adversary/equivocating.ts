import type { Behaviour } from "../swarm/behaviour.ts";

/** Serves the committed bytes to the validator, and different bytes to all later readers. */
export const equivocating = (): Behaviour => ({
  deliver: async (bytes, { commit, until, untilUploads, upload }, { times }) => {
    await commit(bytes);
    await untilUploads();
    await upload(bytes);
    await until(times.uploadEndMs + 2);
    const other = bytes.slice();
    other[other.length - 1] ^= 1;
    await upload(other);
    await commit(other);
  },
});
