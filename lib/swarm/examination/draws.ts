import { SeededRandom } from "../../random/seeded_random.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Random draws that follow from a nonce, one stream a purpose: whoever has the nonce can repeat them. */
export function drawsOf(nonce: string, purpose: string): SeededRandom {
  return randomFrom(`covey draws ${purpose} ${nonce}`);
}
