import type { Behaviour } from "../swarm/behaviour.ts";

/** Offset of the first tensor's levels in a submission. */
const FIRST_LEVEL = 88;

/** Sends a NaN level. */
export const nonFinite = (): Behaviour => ({
  encode: (bytes) => {
    new DataView(bytes.buffer).setFloat32(FIRST_LEVEL, NaN, true);
    return bytes;
  },
});
