import { SeededRandom } from "../random/seeded_random.ts";
import { randomFrom } from "../random/random_from.ts";

/** Random numbers of a simulation for one purpose, so that purposes do not shift each other. */
export function randomOf(seed: number, purpose: string): SeededRandom {
  return randomFrom(`covey simulation ${seed} ${purpose}`);
}
