import type { Behaviour } from "../swarm/behaviour.ts";
import { drawsOf } from "../swarm/examination/draws.ts";

/** Sends a submission with some bytes changed and a matching manifest. */
export const malformed = (): Behaviour => ({
  encode: (bytes, { context: { uid, window } }) => {
    const random = drawsOf(`malformed ${uid}`, String(window));
    for (let i = 0; i < 40; i++) {
      bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
    }
    return bytes;
  },
});
