import type { Behaviour } from "../swarm/behaviour.ts";

/** Shows the validator what it has committed to, and all who come later something else. */
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
