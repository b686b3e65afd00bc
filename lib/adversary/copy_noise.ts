import type { Behaviour } from "../swarm/behaviour.ts";
import { drawsOf } from "../swarm/examination/draws.ts";
import { readSubmission } from "./_read_submission.ts";

/** Fraction of entries to replace. */
const REPLACED = 0.3;

/** Sends the first peer's submission of the previous window, with noise on indices and values. */
export const copyNoise = (): Behaviour => ({
  samples: (assigned) => assigned.subarray(0, 0),
  tensors: async (honest, moment) => {
    const victim = moment.peers.find((uid) => uid !== moment.context.uid)!;
    const { uid, window } = moment.context;
    const random = drawsOf(`copy noise ${uid}`, String(window));
    const copied = await readSubmission(moment, victim, window - 1);
    return (copied ?? honest).map((tensor) => {
      const { kept, tiling: { chunkLength } } = tensor;
      const indices = tensor.indices.slice();
      for (let at = 0; kept < chunkLength && at < indices.length; at += kept) {
        const chunk = new Set(indices.subarray(at, at + kept));
        for (const index of indices.slice(at, at + kept)) {
          const other = Math.floor(random.uniform() * chunkLength);
          if (random.uniform() > REPLACED || chunk.has(other)) continue;
          chunk.delete(index);
          chunk.add(other);
        }
        indices.set([...chunk].sort((a, b) => a - b), at);
      }
      const levels = tensor.levels.map((level) => level * (0.9 + 0.2 * random.uniform()));
      return { ...tensor, indices, levels };
    });
  },
});
