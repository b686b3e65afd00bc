import { createHash } from "node:crypto";
import { SeededRandom } from "../random/seeded_random.ts";

/** Random numbers of a simulation for one purpose, so that purposes do not shift each other. */
export function randomOf(seed: number, purpose: string): SeededRandom {
  const digest = createHash("sha256").update(`covey simulation ${seed} ${purpose}`).digest();
  return new SeededRandom(digest.readBigUInt64LE());
}
