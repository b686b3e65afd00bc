import { createHash } from "node:crypto";
import { SeededRandom } from "../../random/seeded_random.ts";

/** Random draws that follow from a nonce, one stream a purpose: whoever has the nonce can repeat them. */
export function drawsOf(nonce: string, purpose: string): SeededRandom {
  const digest = createHash("sha256").update(`covey draws ${purpose} ${nonce}`).digest();
  return new SeededRandom(digest.readBigUInt64LE());
}
