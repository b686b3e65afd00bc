import { getPublicKey, secretFromSeed, sign, verify } from "@scure/sr25519";
import type { Random } from "../random/random.ts";

/** An sr25519 key pair, byte-compatible with Substrate's. */
export interface Keypair {
  /** Public key, 64 hexadecimal digits. */
  readonly hotkey: string;
  /** Signs a message; returns 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Derives a key pair from a 32-byte seed.
 *
 * @param random Source of signature nonces; a deterministic one makes signatures reproducible.
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

/** Reports whether a signature of a message was made by a key. */
export type VerifySignature = (
  hotkey: string,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/**
 * Reports whether a signature of a message was made by a key; false for keys and signatures that
 * are not points.
 */
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
