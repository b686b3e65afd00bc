import type { Behaviour } from "../swarm/behaviour.ts";
import { drawsOf } from "../swarm/examination/draws.ts";

/** Sends random entries of honest magnitude. */
export const randomValues = (): Behaviour => ({
  tensors: (honest, { context: { uid, window } }) => {
    const random = drawsOf(`random values ${uid}`, String(window));
    return Promise.resolve(honest.map((tensor) => {
      const { kept, tiling: { chunkLength } } = tensor;
      const shift = Math.floor(random.uniform() * chunkLength);
      const indices = tensor.indices.map((index) => (index + shift) % chunkLength);
      for (let at = 0; at < indices.length; at += kept) indices.subarray(at, at + kept).sort();
      return {
        ...tensor,
        indices,
        codes: tensor.codes.map(() => Math.floor(random.uniform() * 4)),
      };
    }));
  },
});
