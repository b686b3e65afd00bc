import { SeededRandom } from "../../random/seeded_random.ts";
import { randomFrom } from "../../random/random_from.ts";

/** Random draws that follow from a nonce, one stream a purpose: reproducible from the nonce. */
export function drawsOf(nonce: string, purpose: string): SeededRandom {
  return randomFrom(`covey draws ${purpose} ${nonce}`);
}
