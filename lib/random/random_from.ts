import { createHash } from "node:crypto";
import { SeededRandom } from "./seeded_random.ts";

/** Random numbers that follow from a text by its SHA-256: whoever has the text can repeat them. */
export function randomFrom(text: string): SeededRandom {
  return new SeededRandom(createHash("sha256").update(text).digest().readBigUInt64LE());
}
