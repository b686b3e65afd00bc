import { SeededRandom } from "../random/seeded_random.ts";
import { randomFrom } from "../random/random_from.ts";

/** Returns a random stream for one purpose, which draws for other purposes do not shift. */
export function randomOf(seed: number, purpose: string): SeededRandom {
  return randomFrom(`covey simulation ${seed} ${purpose}`);
}
