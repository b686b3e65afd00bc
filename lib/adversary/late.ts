import type { Behaviour } from "../swarm/behaviour.ts";

/** Commits in time, and uploads after the deadline. */
export const late = (): Behaviour => ({
  deliver: async (bytes, { commit, until, untilUploads, upload }, { times }) => {
    await commit(bytes);
    await untilUploads();
    await until(times.uploadEndMs + 1000);
    await upload(bytes);
  },
});
