import { getPublicKey, secretFromSeed, sign, verify } from "@scure/sr25519";
import type { Random } from "../random/random.ts";

/** An sr25519 key, byte-compatible with Substrate's. */
export interface Keypair {
  /** Public key, 64 hexadecimal digits. */
  readonly hotkey: string;
  /** Signs a message: 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Key from a 32-byte seed.
 *
 * @param random Source of each signature's nonce; a fixed one makes signatures repeatable.
 *
 * @example
 * ```ts
 * import { SeededRandom } from "../random/seeded_random.ts";
 * import { keypairFromSeed, verifySignature } from "./keypair.ts";
 * import assert from "node:assert/strict";
 *
 * const pair = keypairFromSeed(new Uint8Array(32).fill(7), new SeededRandom(1n));
 * const message = new TextEncoder().encode("a window's manifest");
 * assert.ok(verifySignature(pair.hotkey, message, pair.sign(message)));
 * ```
 */
export function keypairFromSeed(seed: Uint8Array, random: Random): Keypair {
  const secret = secretFromSeed(seed);
  return {
    hotkey: getPublicKey(secret).toHex(),
    sign: (message) => sign(secret, message, random.bytes(32)),
  };
}

/** Whether a signature of a message was made by a key. */
export type VerifySignature = (
  hotkey: string,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** Whether a signature of a message was made by a key; false for keys and signatures that are no points. */
export function verifySignature(
  hotkey: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(message, signature, Uint8Array.fromHex(hotkey));
  } catch {
    return false;
  }
}
