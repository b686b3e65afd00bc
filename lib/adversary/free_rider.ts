import { aggregate } from "../sparseloco/aggregate.ts";
import { compress } from "../sparseloco/compress.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import type { Behaviour } from "../swarm/behaviour.ts";
import { readSubmission } from "./_read_submission.ts";

/** Never trains: sends the average of the others' submissions of the previous window. */
export const freeRider = (): Behaviour => ({
  samples: (assigned) => assigned.subarray(0, 0),
  tensors: async (honest, moment) => {
    const { shapes, topk, uid, window } = moment.context;
    const others: CompressedTensor[][] = [];
    for (const peer of moment.peers) {
      const sent = peer === uid ? undefined : await readSubmission(moment, peer, window - 1);
      if (sent) others.push(sent);
    }
    if (others.length === 0) return honest;
    return shapes.map(({ dims }, i) => {
      const average = Float32Array.from(aggregate(others.map((each) => each[i]), "selected-mean"));
      return compress(average, new Float32Array(average.length), dims, topk, 0);
    });
  },
});
