import { createHash } from "node:crypto";
import { SeededRandom } from "./seeded_random.ts";

/** Returns a generator seeded with the SHA-256 of a text, reproducible from the text. */
export function randomFrom(text: string): SeededRandom {
  return new SeededRandom(createHash("sha256").update(text).digest().readBigUInt64LE());
}
