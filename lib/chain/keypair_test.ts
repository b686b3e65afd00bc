import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import { keypairFromSeed, verifySignature } from "./keypair.ts";

/** Substrate's development account //Alice: mini-secret and public key. */
const ALICE_SEED = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
const ALICE_KEY = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

const message = new TextEncoder().encode("covey");

Deno.test("keypairFromSeed derives Substrate's keys", () => {
  const { hotkey } = keypairFromSeed(Uint8Array.fromHex(ALICE_SEED), new SeededRandom(0n));
  assert.equal(hotkey, ALICE_KEY);
});

Deno.test("verifySignature accepts the key's own signatures only", () => {
  const pair = keypairFromSeed(new Uint8Array(32).fill(3), new SeededRandom(0n));
  const signature = pair.sign(message);
  assert.ok(verifySignature(pair.hotkey, message, signature));
  assert.ok(!verifySignature(ALICE_KEY, message, signature));
  assert.ok(!verifySignature(pair.hotkey, new Uint8Array(5), signature));
  for (let at = 0; at < signature.length; at += 7) {
    const changed = signature.slice();
    changed[at] ^= 1;
    assert.ok(!verifySignature(pair.hotkey, message, changed), `byte ${at}`);
  }
});

Deno.test("verifySignature is false for malformed keys and signatures", () => {
  assert.ok(!verifySignature("ff".repeat(32), message, new Uint8Array(64).fill(255)));
  assert.ok(!verifySignature(ALICE_KEY, message, new Uint8Array(3)));
  assert.ok(!verifySignature("zz", message, new Uint8Array(64)));
});
