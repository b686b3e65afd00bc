import { SeededRandom } from "../../random/seeded_random.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Returns a random stream derived from a nonce, one per purpose: reproducible from the nonce. */
export function drawsOf(nonce: string, purpose: string): SeededRandom {
  return randomFrom(`covey draws ${purpose} ${nonce}`);
}
