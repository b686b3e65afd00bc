import assert from "node:assert/strict";
import { randomFrom } from "./random_from.ts";
import { SeededRandom } from "./seeded_random.ts";

Deno.test("randomFrom seeds with the first eight bytes of the text's SHA-256, little-endian", () => {
  // sha256("abc") begins with ba7816bf 8f01cfea
  const wanted = new SeededRandom(0xeacf018fbf1678ban);
  const found = randomFrom("abc");
  for (let i = 0; i < 5; i++) assert.equal(found.uniform(), wanted.uniform());
});
